import { storedMatrices } from '../../model/card-config.js';
import type { LlamaConfig } from '../../model/checkpoint.js';
import { modelInfo } from '../../model/model-info.js';
import { NORM_NAMES } from '../../model/packed-model.js';
import { weightBytes } from '../../model/weight-bytes.js';
import type { WeightFormat } from '../../model/weight-format.js';
import { type Claim, checkClaim } from './claim.js';
import { right, type TableSection } from './section.js';

/** Seed 000, "Performance Metrics"; its MB are MiB. */
const SEED = { parameters: 12_988_416, original: 49.55, quantized: 12.39, saved: 37.16, ratio: 4, files: 12 };

/** Parameters, sizes and files of the whole model. */
export function sizeSection(config: LlamaConfig): TableSection {
  const { parameters, normParameters } = modelInfo(config);
  const float32 = weightBytes(config, 'float32');
  const sized = (format: WeightFormat) => weightBytes(config, format);
  const rows = [
    ['parameters', count(SEED.parameters), count(parameters), count(parameters)],
    ['original, float32', `${SEED.original} MiB`, mebibytes(float32), mebibytes(float32)],
    ['quantized', `${SEED.quantized} MiB`, mebibytes(sized('int8')), mebibytes(sized('int8_row'))],
    [
      'saved',
      `${SEED.saved} MiB`,
      mebibytes(float32 - sized('int8')),
      mebibytes(float32 - sized('int8_row')),
    ],
    ['compression', '4.0x', times(float32 / sized('int8')), times(float32 / sized('int8_row'))],
    ['binary files', String(SEED.files), String(fileCount(config)), String(fileCount(config))],
  ];
  return {
    title: 'Seed 000, performance metrics',
    columns: [{ head: 'of the whole model' }, right('seed'), right('int8 naive'), right('int8 per row')],
    rows,
    claims: isTinyLlm(config) ? sizeClaims(parameters, normParameters, float32, sized('int8'), config) : [],
    notes: isTinyLlm(config)
      ? ["the seed's MB are MiB (2^20 bytes)"]
      : [
          "the seed's figures are of Tiny-LLM's shape; this model has another, so that only the compression can be compared",
        ],
  };
}

function sizeClaims(
  parameters: number,
  norms: number,
  float32: number,
  int8: number,
  config: LlamaConfig,
): Claim[] {
  const where = 'performance metrics';
  const mib = (bytes: number) => bytes / 2 ** 20;
  const about = (value: number, within: number) => ({ rule: 'about', value, within }) as const;
  const size = (claim: string, value: number, measured: number) =>
    checkClaim({
      where,
      claim,
      rule: about(value, 0.005 / value),
      measured,
      show: (mb) => `${mb.toFixed(2)} MiB`,
    });
  return [
    checkClaim({
      where,
      claim: 'Total Parameters: 12,988,416',
      rule: about(SEED.parameters, 0),
      measured: parameters,
      show: count,
      note: `the seed left out the ${count(norms)} of the norms: without them ${count(parameters - norms)}`,
    }),
    checkClaim({
      where,
      claim: '12.8M parameters',
      rule: about(12.8, 0.05 / 12.8),
      measured: parameters / 1e6,
      show: (value) => `${value.toFixed(2)} M`,
    }),
    size('49.55 MB original', SEED.original, mib(float32)),
    size('12.39 MB quantized', SEED.quantized, mib(int8)),
    size('37.16 MB saved', SEED.saved, mib(float32 - int8)),
    checkClaim({
      where,
      claim: '4.0x compression ratio',
      rule: about(SEED.ratio, 0.05 / 4),
      measured: float32 / int8,
      show: times,
    }),
    checkClaim({
      where,
      claim: '12 binary files',
      rule: about(SEED.files, 0),
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
