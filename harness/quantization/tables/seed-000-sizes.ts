import { storedMatrices } from '../../model/card-config.js';
import type { LlamaConfig } from '../../model/checkpoint.js';
import { modelInfo } from '../../model/model-info.js';
import { NORM_NAMES } from '../../model/packed-model.js';
import { weightBytes } from '../../model/weight-bytes.js';
import type { WeightFormat } from '../../model/weight-format.js';
import type { ValidationReport } from '../validation-report.js';
import { type Basis, type Claim, checkClaim } from './claim.js';
import { right, type TableSection } from './section.js';

/** Seed 000, "Performance Metrics"; its MB are MiB. */
const SEED = { parameters: 12_988_416, original: 49.55, quantized: 12.39, saved: 37.16, ratio: 4, files: 12 };

/** Bytes of a build's weights, and where they are from. */
interface Side {
  readonly quantized: number;
  /** `measured`: as the build's report has them; `arithmetic`: by the model's shape. */
  readonly basis: Extract<Basis, 'measured' | 'arithmetic'>;
}

/** Parameters, sizes and files of the whole model; sizes as built where there is a report of the build. */
export function sizeSection(
  config: LlamaConfig,
  naiveReport: ValidationReport | undefined,
  rowsReport: ValidationReport | undefined,
): TableSection {
  const float32 = weightBytes(config, 'float32');
  const naive = sideOf(config, 'int8', naiveReport);
  const byRows = sideOf(config, 'int8_row', rowsReport);
  const both = (what: string, seed: string, cell: (side: Side) => string) => [
    what,
    seed,
    cell(naive),
    cell(byRows),
  ];
  return {
    title: 'Seed 000, performance metrics',
    columns: [
      { head: 'of the whole model' },
      right('seed'),
      right(`int8 naive, ${HEADS[naive.basis]}`),
      right(`int8 per row, ${HEADS[byRows.basis]}`),
    ],
    rows: [
      both('parameters (by arithmetic)', count(SEED.parameters), () => count(modelInfo(config).parameters)),
      both('original, float32 (by arithmetic)', `${SEED.original} MiB`, () => mebibytes(float32)),
      both('quantized', `${SEED.quantized} MiB`, ({ quantized }) => mebibytes(quantized)),
      both('saved', `${SEED.saved} MiB`, ({ quantized }) => mebibytes(float32 - quantized)),
      both('compression', '4.0x', ({ quantized }) => times(float32 / quantized)),
      both('binary files (by arithmetic)', String(SEED.files), () => String(fileCount(config))),
    ],
    claims: isTinyLlm(config) ? sizeClaims(config, naive) : [],
    notes: isTinyLlm(config)
      ? ["the seed's MB are MiB (2^20 bytes)"]
      : [
          "the seed's figures are of Tiny-LLM's shape; this model has another, so that only the compression can be compared",
        ],
  };
}

const HEADS = { measured: 'as built', arithmetic: 'by arithmetic' } as const;

function sideOf(config: LlamaConfig, format: WeightFormat, report: ValidationReport | undefined): Side {
  if (report === undefined) return { quantized: weightBytes(config, format), basis: 'arithmetic' };
  return { quantized: report.sizes.buildBytes, basis: 'measured' };
}

function sizeClaims(config: LlamaConfig, { quantized, basis }: Side): Claim[] {
  const float32 = weightBytes(config, 'float32');
  const { parameters, normParameters: norms } = modelInfo(config);
  const where = 'performance metrics';
  const mib = (bytes: number) => bytes / 2 ** 20;
  const about = (value: number, within: number) => ({ rule: 'about', value, within }) as const;
  const size = (claim: string, value: number, measured: number, from: Basis) =>
    checkClaim({
      where,
      claim,
      rule: about(value, 0.005 / value),
      basis: from,
      measured,
      show: (mb) => `${mb.toFixed(2)} MiB`,
    });
  return [
    checkClaim({
      where,
      claim: 'Total Parameters: 12,988,416',
      rule: about(SEED.parameters, 0),
      basis: 'arithmetic',
      measured: parameters,
      show: count,
      note: `the seed left out the ${count(norms)} of the norms: without them ${count(parameters - norms)}`,
    }),
    checkClaim({
      where,
      claim: '12.8M parameters',
      rule: about(12.8, 0.05 / 12.8),
      basis: 'arithmetic',
      measured: parameters / 1e6,
      show: (value) => `${value.toFixed(2)} M`,
    }),
    size('49.55 MB original', SEED.original, mib(float32), 'arithmetic'),
    size('12.39 MB quantized', SEED.quantized, mib(quantized), basis),
    size('37.16 MB saved', SEED.saved, mib(float32 - quantized), basis),
    checkClaim({
      where,
      claim: '4.0x compression ratio',
      rule: about(SEED.ratio, 0.05 / 4),
      basis,
      measured: float32 / quantized,
      show: times,
    }),
    checkClaim({
      where,
      claim: '12 binary files',
      rule: about(SEED.files, 0),
      basis: 'arithmetic',
      measured: fileCount(config),
      show: String,
    }),
  ];
}

/** The only shape that seed 000 speaks of. */
export function isTinyLlm({
  hiddenSize,
  ffnSize,
  layers,
  heads,
  kvHeads,
  vocabSize,
  tiedHead,
}: LlamaConfig): boolean {
  const shape = [hiddenSize, ffnSize, layers, heads, kvHeads, vocabSize];
  return !tiedHead && shape.join() === '192,1024,1,2,1,32000';
}

function fileCount(config: LlamaConfig): number {
  return storedMatrices(config).length + NORM_NAMES.length;
}

function mebibytes(bytes: number): string {
  return `${(bytes / 2 ** 20).toFixed(2)} MiB`;
}

function times(value: number): string {
  return `${value.toFixed(1)}x`;
}

function count(value: number): string {
  return value.toLocaleString('en-US');
}
