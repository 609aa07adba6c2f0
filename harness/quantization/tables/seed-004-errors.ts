import type { ValidationReport } from '../validation-report.js';
import {
  LAYER_KINDS,
  type LayerKind,
  lossIncrease,
  type MeasuredBuilds,
  perplexityIncrease,
  REPRESENTATIVE_RULE,
  representative,
  weightError,
} from './build-facts.js';
import { type Claim, checkClaim, checkOrder, unmeasured } from './claim.js';
import { right, type TableSection } from './section.js';
import { BIT_NAMES, SEED_BITS, SEED_ERRORS, SEED_LAYERS, type SeedBits } from './seed-004-figures.js';

/** "Relative Error by Quantization Level": the seed says neither of what nor how; three readings are measured. */
export function errorSection(builds: MeasuredBuilds): TableSection {
  const found = SEED_BITS.map((bits) => ({ bits, report: representative(builds.reports, bits) }));
  return {
    title: 'Seed 004, relative error by bits',
    columns: [
      { head: 'bits' },
      right('seed'),
      right('error of the weights'),
      right('held-out loss up'),
      right('perplexity up'),
      right('max |d logit|'),
      right('KL, nats'),
      { head: 'seed says' },
      { head: 'build' },
    ],
    rows: found.map(({ bits, report }) => [
      BIT_NAMES[bits],
      said(bits),
      ...(report === undefined ? ['', '', '', '', ''] : measuredCells(report, builds)),
      SEED_ERRORS[bits].quality,
      report?.build.name ?? '',
    ]),
    claims: [...found.flatMap(({ bits, report }) => errorClaims(bits, report, builds)), qualityOrder(found)],
    notes: [
      "error of the weights: |w - w'| / |w|, Frobenius norms, over all matrices; held-out loss: mean cross entropy in nats, as a share of float32's",
      REPRESENTATIVE_RULE,
    ],
  };
}

function measuredCells(report: ValidationReport, { config }: MeasuredBuilds): string[] {
  const error = weightError(report, config);
  return [
    error === undefined ? '' : percent(error),
    percent(lossIncrease(report)),
    percent(perplexityIncrease(report)),
    report.quality.maxAbsDelta.toFixed(2),
    report.quality.klDivergence.value.toPrecision(3),
  ];
}

/** A range holds when the figure lies in it; one figure when it is not exceeded. */
function errorClaims(
  bits: SeedBits,
  report: ValidationReport | undefined,
  { config }: MeasuredBuilds,
): Claim[] {
  const { from, to } = SEED_ERRORS[bits];
  const rule =
    from === 0
      ? ({ rule: 'at most', value: to / 100 } as const)
      : ({ rule: 'between', from: from / 100, to: to / 100 } as const);
  const claim = (what: string, measured: number | undefined, note: string) =>
    checkClaim({
      where: `relative error, ${BIT_NAMES[bits]}, ${what}`,
      claim: said(bits),
      rule,
      basis: 'measured',
      measured,
      show: percent,
      note,
    });
  return [
    claim('inference error', report && weightError(report, config), 'read as the error of the weights'),
    claim('training loss', report && lossIncrease(report), 'read as the rise of the held-out loss'),
  ];
}

/** The seed's words in order: Excellent, Very Good, Good, Acceptable, Extreme. */
function qualityOrder(
  found: readonly { readonly bits: SeedBits; readonly report: ValidationReport | undefined }[],
): Claim {
  const order = ([8, 1.58, 4, 2, 1] as const).map((bits) => BIT_NAMES[bits]);
  const measured = found
    .filter(({ report }) => report !== undefined)
    .toSorted((a, b) => a.report!.quality.klDivergence.value - b.report!.quality.klDivergence.value)
    .map(({ bits }) => BIT_NAMES[bits]);
  const claim = '8-bit Excellent, 1.58-bit Very Good, 4-bit Good, 2-bit Acceptable, 1-bit Extreme';
  return checkOrder('quality, from the best', claim, order, measured, 'measured', 'ordered by KL divergence');
}

/** "Layer Accuracy Distribution". */
export function layerSection({ config, reports }: MeasuredBuilds): TableSection {
  const kinds = Object.keys(LAYER_KINDS) as LayerKind[];
  const coded = reports.filter(({ tensors }) => tensors.some(({ entropy }) => entropy !== undefined));
  const errors = coded.map((report) => ({
    name: report.build.name,
    errors: kinds.map((kind) => weightError(report, config, kind)),
  }));
  return {
    title: 'Seed 004, error by kind of layer',
    columns: [{ head: 'build' }, ...kinds.map((kind) => right(`${kind.toLowerCase()}`))],
    rows: [
      ['seed (bits not said)', ...kinds.map((kind) => `${SEED_LAYERS[kind]}%`)],
      ...errors.map((one) => [
        one.name,
        ...one.errors.map((error) => (error === undefined ? '' : percent(error))),
      ]),
    ],
    claims: [layerMatch(kinds, errors), layerOrder(kinds, errors)],
    notes: [
      "embedding: embed_tokens; attention: q, k, v, o; FFN: gate, up, down; projection: the head (a tied one is the embedding). |w - w'| / |w|",
    ],
  };
}

type KindErrors = readonly { readonly name: string; readonly errors: readonly (number | undefined)[] }[];

const LAYER_CLAIM = 'Embedding: 8.2%, Attention: 16.1%, FFN: 18.5%, Projection: 14.3%';

/** The seed does not say at how many bits: its figures hold when any one build has all of them. */
function layerMatch(kinds: readonly LayerKind[], builds: KindErrors): Claim {
  const where = 'error by kind of layer';
  const distances = builds.map(({ name, errors }) => ({
    name,
    distance: Math.max(
      ...errors.map((error, index) =>
        error === undefined ? 0 : Math.abs((100 * error) / SEED_LAYERS[kinds[index]!] - 1),
      ),
    ),
  }));
  const nearest = distances.toSorted((a, b) => a.distance - b.distance)[0];
  if (nearest === undefined) return unmeasured(where, LAYER_CLAIM, 'no build has codes');
  return checkClaim({
    where,
    claim: LAYER_CLAIM,
    rule: { rule: 'at most', value: 0.1 },
    basis: 'measured',
    measured: nearest.distance,
    show: (value) => `${Math.round(100 * value)}% apart`,
    note: `the build that comes nearest is ${nearest.name}; the largest difference of the kinds counts`,
  });
}

function layerOrder(kinds: readonly LayerKind[], builds: KindErrors): Claim {
  const where = 'error by kind of layer, order';
  const claim = 'embedding the least error, then projection, attention, FFN the most';
  const order = kinds.toSorted((a, b) => SEED_LAYERS[a] - SEED_LAYERS[b]);
  const whole = builds.filter(({ errors }) => errors.every((error) => error !== undefined));
  if (whole.length === 0) return unmeasured(where, claim, 'the head is tied to the embedding');
  const same = whole.filter(({ errors }) => {
    const found = kinds.toSorted((a, b) => errors[kinds.indexOf(a)]! - errors[kinds.indexOf(b)]!);
    return found.join() === order.join();
  });
  return checkClaim({
    where,
    claim,
    rule: { rule: 'at least', value: whole.length },
    basis: 'measured',
    measured: same.length,
    show: (value) => `${value} of ${whole.length} builds`,
  });
}

function said(bits: SeedBits): string {
  const { from, to } = SEED_ERRORS[bits];
  return from === 0 ? `±${to}%` : `±${from}-${to}%`;
}

function percent(share: number): string {
  const value = 100 * share;
  return `${Math.abs(value) >= 100 ? Math.round(value).toLocaleString('en-US') : value.toFixed(Math.abs(value) < 1 ? 3 : 1)}%`;
}
