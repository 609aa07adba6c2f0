/** Text as content of HTML or SVG, or inside a quoted attribute. */
export function escaped(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}

/** Below this people read a power of ten more easily than zeros. */
const SMALLEST_PLAIN = 1e-6;

/** So many significant digits, zeros at the end included: columns of figures line up. */
export function digits(value: number, count = 3): string {
  if (value === 0) return '0';
  if (Math.abs(value) < SMALLEST_PLAIN) return power(value, count);
  const rounded = Number(value.toPrecision(count));
  if (Math.abs(rounded) >= 10 ** count) return Math.round(value).toLocaleString('en-US');
  return value.toPrecision(count);
}

/** A number of an axis: no more digits than it has. */
export function plain(value: number): string {
  if (value !== 0 && Math.abs(value) < SMALLEST_PLAIN) return power(value, 1);
  return value.toLocaleString('en-US', { maximumSignificantDigits: 6 });
}

/** Such as `4.3×10⁻⁸`. */
function power(value: number, count: number): string {
  const [mantissa, exponent] = value.toExponential(Math.max(0, count - 1)).split('e');
  const raised = [...exponent!].map((sign) => RAISED[sign] ?? '').join('');
  return `${mantissa}×10${raised}`;
}

const RAISED: Readonly<Record<string, string>> = {
  ...Object.fromEntries([...'⁰¹²³⁴⁵⁶⁷⁸⁹'].map((sign, digit) => [String(digit), sign])),
  '-': '⁻',
};
