import { ConfigError } from '../errors.js';

export type Unit = 'tokens/s' | 'us' | 'bytes' | 'count';

/** A quantity for people: `93.4 ms`, `735 KB`, `2.43 tokens/s`. KB and MB are powers of ten, as on a data sheet. */
export function formatQuantity(value: number, unit: string): string {
  switch (unit) {
    case 'us':
      return formatTime(value);
    case 'bytes':
      return formatBytes(value);
    case 'tokens/s':
      return `${significant(value)} tokens/s`;
    default:
      return Number.isInteger(value) ? group(value) : significant(value);
  }
}

function formatTime(us: number): string {
  if (Math.abs(us) < 1000) return `${significant(us)} us`;
  if (Math.abs(us) < 1e6) return `${significant(us / 1e3)} ms`;
  return `${significant(us / 1e6)} s`;
}

function formatBytes(bytes: number): string {
  if (Math.abs(bytes) < 10_000) return `${Number.isInteger(bytes) ? group(bytes) : significant(bytes)} B`;
  if (Math.abs(bytes) < 1e6) return `${significant(bytes / 1e3, 4)} KB`;
  return `${significant(bytes / 1e6, 4)} MB`;
}

function significant(value: number, digits = 3): string {
  return Math.abs(value) >= 10 ** digits
    ? group(Math.round(value))
    : String(Number(value.toPrecision(digits)));
}

function group(value: number): string {
  return value.toLocaleString('en-US', { maximumFractionDigits: 0 });
}

const FACTORS: Readonly<Record<string, { unit: Unit; factor: number }>> = {
  'tokens/s': { unit: 'tokens/s', factor: 1 },
  us: { unit: 'us', factor: 1 },
  ms: { unit: 'us', factor: 1e3 },
  s: { unit: 'us', factor: 1e6 },
  B: { unit: 'bytes', factor: 1 },
  KB: { unit: 'bytes', factor: 1e3 },
  KiB: { unit: 'bytes', factor: 1024 },
  MB: { unit: 'bytes', factor: 1e6 },
  MiB: { unit: 'bytes', factor: 1024 ** 2 },
};

/**
 * Reads `940 KB`, `1.5 s`, `0.1 tokens/s` or a plain number as a value in `unit`.
 * @throws ConfigError `bad-quantity` when the text is no quantity of that unit.
 */
export function parseQuantity(text: string | number, unit: Unit): number {
  if (typeof text === 'number') return text;
  const match = /^\s*([0-9.]+(?:e[+-]?[0-9]+)?)\s*(\S*)\s*$/i.exec(text);
  const value = match === null ? Number.NaN : Number(match[1]);
  const suffix = match?.[2] === '' ? unit : (match?.[2] ?? '');
  const known = suffix === 'count' ? { unit: 'count', factor: 1 } : FACTORS[suffix];
  if (!Number.isFinite(value) || known?.unit !== unit) {
    throw new ConfigError('bad-quantity', `"${text}" is not a quantity in ${unit}`, { text, unit });
  }
  return value * known.factor;
}
