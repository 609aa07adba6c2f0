import type { ThresholdStep, ValueMapping } from './panel.js';

/** One colour per class of verdict, the same on every dashboard. */
export const VERDICT_COLORS = {
  pass: 'green',
  product: 'red',
  infra: 'orange',
  other: 'purple',
  inconclusive: '#8e8e8e',
} as const;

/** Texts and colours of the string field `verdict`. */
export const VERDICT_MAPPINGS: readonly ValueMapping[] = [
  { value: 'pass', text: 'pass', color: VERDICT_COLORS.pass },
  { value: 'product-fail', text: 'product-fail', color: VERDICT_COLORS.product },
  { value: 'infra-fail', text: 'infra-fail', color: VERDICT_COLORS.infra },
  { value: 'config-error', text: 'config-error', color: VERDICT_COLORS.other },
  { value: 'harness-bug', text: 'harness-bug', color: VERDICT_COLORS.other },
  { value: 'inconclusive', text: 'inconclusive', color: VERDICT_COLORS.inconclusive },
];

/**
 * The worst verdict of a night as one number, since strings have no maximum in InfluxQL: 4 when any run failed for the product, plus 2 for
 * infra, plus 1 for anything else.
 */
export const WORST_VERDICT =
  'max("failed_product") * 4 + max("failed_infra") * 2 + max("failed_other") AS "worst"';

/** Texts and colours of `WORST_VERDICT`: a product failure outranks the rack's, which outranks the rest. */
export const WORST_VERDICT_MAPPINGS: readonly ValueMapping[] = [
  { value: 0, text: 'pass', color: VERDICT_COLORS.pass },
  { value: 1, text: 'other', color: VERDICT_COLORS.other },
  { value: 2, text: 'infra', color: VERDICT_COLORS.infra },
  { value: 3, text: 'infra', color: VERDICT_COLORS.infra },
  ...[4, 5, 6, 7].map((value) => ({ value, text: 'product', color: VERDICT_COLORS.product })),
];

/** A share of passed runs. */
export const PASS_RATE_STEPS: readonly ThresholdStep[] = [
  { color: 'red' },
  { from: 0.9, color: 'orange' },
  { from: 0.99, color: 'green' },
];

/** A count of failures that should be 0. */
export function anyIs(color: string): readonly ThresholdStep[] {
  return [{ color: 'green' }, { from: 1, color }];
}
