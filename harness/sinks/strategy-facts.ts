import type { MeasurementName } from '../results/measurement-catalogue.js';
import { type Bound, physicalBound } from '../results/physical-bound.js';
import type { RunResult } from '../results/result.js';
import { mean, total } from '../stats/mean.js';
import { byPrompt, largestOverPrompts, meanOverPrompts } from './over-prompts.js';

/** A run with the name that it has among others. */
export interface NamedRun {
  readonly name: string;
  readonly result: RunResult;
}

/** What is compared between strategies: over the prompts of a run's first board, all of it measured or derived. */
export interface StrategyFacts {
  readonly name: string;
  readonly model: string;
  readonly format: string;
  readonly strategy: string;
  /** Such as `1-bit`; empty on a real board. */
  readonly cardMode: string;
  readonly bounceBuffer: boolean;
  readonly clock: string;
  /** Tokens a second; geometric mean over prompts. */
  readonly decodeRate: number | undefined;
  readonly decodeBound: Bound | undefined;
  /** Microseconds; mean over prompts, as is the bound. */
  readonly firstTokenUs: number | undefined;
  readonly firstTokenBound: Bound | undefined;
  readonly reads: number | undefined;
  readonly seeks: number | undefined;
  readonly cardBytes: number | undefined;
  /** Most in use since the prompt began: what was needed to load an earlier model is no part of it. */
  readonly psramPeak: number | undefined;
  /** Rows of the head computed exactly a token; the largest too. Absent without a screen. */
  readonly exactRows: number | undefined;
  readonly exactRowsMax: number | undefined;
  /** Tokens for which the whole head was computed although a screen was on. */
  readonly fullScans: number | undefined;
  /** Microseconds of the load that the run began with, and bytes that it programmed into flash. */
  readonly loadUs: number | undefined;
  readonly flashedBytes: number | undefined;
  readonly tokensEqual: number;
  readonly tokensTotal: number;
}

/** Pure. What a run did not measure is undefined. */
export function strategyFacts({ name, result }: NamedRun): StrategyFacts {
  const board = result.boards[0]!;
  const { limits } = board;
  const average = (measurement: MeasurementName) => mean(byPrompt(result, board.id, measurement)).value;
  const largest = (measurement: MeasurementName) => largestOverPrompts(result, board.id, measurement);
  const ofBoard = (measurement: MeasurementName) =>
    result.measurements.find((one) => one.name === measurement && one.board === board.id)?.value;
  const fullScans = byPrompt(result, board.id, 'full_scans');
  const cardBytes = average('sd_bytes_per_token');
  const busBytes = busBytesOf(result, cardBytes);
  const prefillCard = mean(prefillCardBytes(result)).value;
  const decodeBound =
    limits === undefined || cardBytes === undefined
      ? undefined
      : physicalBound({ cardBytes, busBytes }, limits);
  return {
    name,
    model: result.model.name,
    format: result.model.format,
    strategy: result.model.strategy ?? 'seed',
    cardMode: limits?.cardMode ?? '',
    bounceBuffer: limits?.bounceBuffer ?? true,
    clock: board.clock,
    decodeRate: meanOverPrompts(result, board.id, 'decode_rate'),
    decodeBound,
    firstTokenUs: average('time_to_first_token'),
    firstTokenBound:
      limits === undefined || prefillCard === undefined
        ? undefined
        : physicalBound({ cardBytes: prefillCard, busBytes: busBytesOf(result, prefillCard) }, limits),
    reads: average('sd_reads_per_token'),
    seeks: average('sd_seeks_per_token'),
    cardBytes,
    psramPeak: largest('psram_peak_run'),
    exactRows: average('exact_rows'),
    exactRowsMax: largest('exact_rows_max'),
    fullScans: fullScans.length === 0 ? undefined : total(fullScans),
    loadUs: ofBoard('load_time'),
    flashedBytes: ofBoard('load_flashed'),
    tokensEqual: result.conformity.reduce((sum, row) => sum + row.tokensEqual, 0),
    tokensTotal: result.conformity.reduce((sum, row) => sum + row.tokensTotal, 0),
  };
}

/**
 * Weights that a pass must stream over the bus of PSRAM and flash. `seed` has its buffers in PSRAM, so that every byte from the card is written
 * there and read again; `fast` reads what is resident once and takes the card's bytes through internal RAM. Of a screen only codes and scales
 * count: error bounds need be looked at only for rows that come near winning. KV cache, logits and activations are left out: the bound is that
 * of the weights.
 */
function busBytesOf({ model, memory }: RunResult, cardBytes: number | undefined): number {
  if (model.strategy !== 'fast') return 2 * (cardBytes ?? 0);
  const placement = memory[0]?.placement;
  if (placement === undefined) return 0;
  const { hiddenSize = 0, vocabSize = 0 } = model.config ?? {};
  const ratios = vocabSize * Math.ceil(hiddenSize / 64);
  return placement.headBytes + Math.max(0, placement.screenBytes - ratios) + placement.layerBytes;
}

/** Card bytes up to the first token, per prompt: those of the generation without those of its decoding. */
function prefillCardBytes({ measurements, boards }: RunResult): number[] {
  const board = boards[0]!.id;
  return measurements.flatMap(({ name, board: at, prompt, value }) => {
    if (name !== 'sd_bytes' || at !== board) return [];
    const of = (wanted: MeasurementName): number =>
      measurements.find((one) => one.name === wanted && one.board === at && one.prompt === prompt)?.value ??
      0;
    return [Math.max(0, value - of('sd_bytes_per_token') * Math.max(0, of('tokens') - 1))];
  });
}
