import { elementCount, type LlamaConfig, tensorShape } from '../../model/checkpoint.js';
import { MATRIX_NAMES, type MatrixName } from '../../model/packed-model.js';
import { nominalBits } from '../beside-naive.js';
import type { Bits } from '../quantized-tensor.js';
import type { ValidationReport } from '../validation-report.js';

/** The seed's kinds of layer, by the matrices that we count to them. */
export const LAYER_KINDS = {
  Embedding: ['embed_tokens'],
  Attention: ['q_proj', 'k_proj', 'v_proj', 'o_proj'],
  FFN: ['gate_proj', 'up_proj', 'down_proj'],
  Projection: ['lm_head'],
} as const satisfies Record<string, readonly MatrixName[]>;
export type LayerKind = keyof typeof LAYER_KINDS;

/** All reports of one model, and its shape. */
export interface MeasuredBuilds {
  readonly model: string;
  readonly config: LlamaConfig;
  readonly reports: readonly ValidationReport[];
}

/** Which of several builds of as many bits speaks for them: said beside every table. */
export const REPRESENTATIVE_RULE =
  'of several builds with as many bits the one with the smallest KL divergence of those that a card holds, mixtures apart';

/** The build that speaks for a number of bits; undefined when there is none. */
export function representative(
  reports: readonly ValidationReport[],
  bits: Bits,
): ValidationReport | undefined {
  const some = reports.filter((report) => nominalBits(report) === bits);
  const held = some.filter((report) => report.unsupported === undefined);
  const among = held.length > 0 ? held : some;
  return among.toSorted((a, b) => a.quality.klDivergence.value - b.quality.klDivergence.value)[0];
}

/** Times smaller than float16, as stored. */
export function compression({ sizes }: ValidationReport): number {
  return sizes.float16Bytes / sizes.buildBytes;
}

/** Bytes a parameter, scales, padding and norms included. */
export function bytesPerWeight({ sizes, model }: ValidationReport): number {
  return sizes.buildBytes / model.parameters;
}

/** PPL of the build over that of float32, less 1. */
export function perplexityIncrease({ quality }: ValidationReport): number {
  return Math.expm1(quality.perplexity.lnRatio.value);
}

/** How much the held-out loss (mean cross entropy, nats a token) grew, as a share of float32's. */
export function lossIncrease({ quality }: ValidationReport): number {
  return quality.perplexity.lnRatio.value / Math.log(quality.perplexity.base);
}

/** Entropy of the codes over all weights, bits; undefined where a matrix has none. */
export function meanEntropy(report: ValidationReport, config: LlamaConfig): number | undefined {
  if (report.tensors.length === 0 || report.tensors.some(({ entropy }) => entropy === undefined)) return;
  return weighted(report, config, ({ entropy }) => entropy!);
}

/** Frobenius error over all matrices, or those of one kind: the root mean square, by weights; undefined without any. */
export function weightError(
  report: ValidationReport,
  config: LlamaConfig,
  kind?: LayerKind,
): number | undefined {
  const names: readonly MatrixName[] = kind === undefined ? MATRIX_NAMES : LAYER_KINDS[kind];
  const some = { tensors: report.tensors.filter(({ tensor }) => names.includes(tensor)) };
  if (some.tensors.length === 0) return undefined;
  return Math.sqrt(weighted(some, config, ({ relativeError }) => relativeError ** 2));
}

function weighted(
  { tensors }: Pick<ValidationReport, 'tensors'>,
  config: LlamaConfig,
  value: (tensor: ValidationReport['tensors'][number]) => number,
): number {
  let sum = 0;
  let weights = 0;
  for (const one of tensors) {
    const count = elementCount(tensorShape(config, one.tensor)) / layersOf(one.tensor, config);
    sum += count * value(one);
    weights += count;
  }
  return sum / weights;
}

function layersOf(tensor: MatrixName, { layers }: LlamaConfig): number {
  return tensor === 'embed_tokens' || tensor === 'lm_head' ? 1 : layers;
}

/** Milliseconds until 100 tokens are there: the first token, then 99 at the decode rate. */
export function hundredTokensMs({
  firstTokenMs,
  tokensPerSecond,
}: Pick<NonNullable<ValidationReport['speed']>['base'], 'firstTokenMs' | 'tokensPerSecond'>): number {
  return firstTokenMs + (99 * 1000) / tokensPerSecond;
}
