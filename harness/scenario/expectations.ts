import type { Expectation } from '../results/expectation.js';
import { definitionOf, type MeasurementName } from '../results/measurement-catalogue.js';
import { parseQuantity } from '../results/quantity.js';

/** What must hold of the generated tokens. */
export const tokens = {
  /** Every token of every prompt, repeat and board is the one the host's reference makes. */
  equalTheReference: (): Expectation => ({ kind: 'tokens-equal-reference' }),
};

/** What must hold of the logits that chose them. */
export const logits = {
  /** The CRC of the logits is the reference's at every step: conformity to the bit. */
  equalTheReferenceToTheBit: (): Expectation => ({ kind: 'logits-equal-reference' }),
};

/** The measurements that are deterministic: counts, bytes, peaks, token ids, CRCs. */
export const exactMeasurements = {
  areIdenticalOverRepeats: (): Expectation => ({ kind: 'exact-identical' }),
};

/** A bound with its unit, such as `940 KB`, `1.5 s`, `0.1 tokens/s`; a plain number is in the measurement's own unit. */
export type Bound = number | string;

/**
 * A bound on a measurement; it must hold for every board and prompt.
 * @throws ConfigError `bad-quantity` when the bound is not a quantity of that measurement.
 */
export function measured(measurement: MeasurementName) {
  const { unit } = definitionOf(measurement);
  const bounded =
    (kind: 'at-most' | 'at-least' | 'equals') =>
    (bound: Bound): Expectation => ({ kind, measurement, bound: parseQuantity(bound, unit) });
  return { isAtMost: bounded('at-most'), isAtLeast: bounded('at-least'), is: bounded('equals') };
}

/** What the board writes after a prompt, as text. */
export function continuationOf(prompt: string) {
  return { begins: (text: string): Expectation => ({ kind: 'text-begins', prompt, text }) };
}
