/** Text as content of HTML or SVG, or inside a quoted attribute. */
export function escaped(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}

/** At most so many significant digits, without an exponent where people need none. */
export function digits(value: number, count = 3): string {
  if (value === 0) return '0';
  const size = Math.abs(value);
  if (size < 1e-4) return value.toExponential(Math.max(0, count - 1)).replace('e-', 'e−');
  if (size >= 10 ** count) return Math.round(value).toLocaleString('en-US');
  return Number(value.toPrecision(count)).toLocaleString('en-US', { maximumFractionDigits: 12 });
}
