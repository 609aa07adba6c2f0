import { median } from '../stats/median.js';
import { medianInterval } from '../stats/median-interval.js';
import type { GeneratedToken, Generation } from './generation.js';
import { definitionOf, type MeasurementKind, type MeasurementName } from './measurement-catalogue.js';

/** One value of one measurement, from one generation or from one board as a whole. */
export interface Sample {
  readonly name: MeasurementName;
  readonly board: string;
  /** Index into the plan's prompts; absent for a board's own measurements. */
  readonly prompt?: number;
  readonly repeat?: number;
  readonly value: number;
}

/** A measurement as it is reported: the samples of one (name, board, prompt), in repeat order. */
export interface Measurement {
  readonly name: MeasurementName;
  readonly unit: string;
  readonly kind: MeasurementKind;
  readonly board: string;
  readonly prompt?: number;
  /** exact: the one value, or the first when repeats differ; timed: the median. */
  readonly value: number;
  readonly samples: readonly number[];
  /** 95% order-statistic interval of a timed median; absent under a modelled clock and below 6 samples. */
  readonly low?: number;
  readonly high?: number;
}

/**
 * All measurements of one generation (DESIGN "What is counted"). What a generation cannot tell, such as the
 * decode rate of a single token, is absent.
 */
export function measureGeneration(generation: Generation): Sample[] {
  const { board, prompt, repeat } = generation;
  const samples: Sample[] = [];
  const add = (name: MeasurementName, value: number | undefined): void => {
    if (value !== undefined && Number.isFinite(value)) samples.push({ name, board, prompt, repeat, value });
  };
  addRates(generation, add);
  addCardCounts(generation, add);
  addScreenCounts(generation, add);
  add('stage_embed', generation.stagesUs.embed);
  add('stage_attention', generation.stagesUs.attention);
  add('stage_mlp', generation.stagesUs.mlp);
  add('stage_head', generation.stagesUs.head);
  add('stage_sample', generation.stagesUs.sample);
  add('tokens', generation.tokens.length);
  add('psram_peak', generation.psramPeakBytes);
  add('psram_peak_run', generation.psramPeakRunBytes);
  add('heap_peak', generation.heapPeakBytes);
  add('heap_peak_run', generation.heapPeakRunBytes);
  add('stack_free', generation.stackFreeBytes);
  return samples;
}

type Add = (name: MeasurementName, value: number | undefined) => void;

function addRates({ tokens, times, promptTokens, prefill }: Generation, add: Add): void {
  add('prefill_rate', perSecond(promptTokens, prefill.timeUs));
  if (times === undefined) return;
  add('decode_rate', perSecond(tokens.length - 1, times.lastTokenUs - times.firstTokenUs));
  add('time_to_first_token', times.timeToFirstTokenUs);
}

function addCardCounts({ prefill, decode }: Generation, add: Add): void {
  const passes = decode.forwards;
  add('sd_reads_per_token', ratio(decode.sdReads, passes));
  add('sd_seeks_per_token', ratio(decode.sdSeeks, passes));
  add('sd_bytes_per_token', ratio(decode.sdBytes, passes));
  const { stageReads } = decode;
  if (stageReads !== undefined) {
    add('sd_reads_embed', ratio(stageReads.embed, passes));
    add('sd_reads_attention', ratio(stageReads.attention, passes));
    add('sd_reads_mlp', ratio(stageReads.mlp, passes));
    add('sd_reads_head', ratio(stageReads.head, passes));
  }
  add('sd_reads', prefill.sdReads + decode.sdReads);
  add('sd_seeks', prefill.sdSeeks + decode.sdSeeks);
  add('sd_bytes', prefill.sdBytes + decode.sdBytes);
  add('card_time', prefill.cardTimeUs + decode.cardTimeUs);
}

/** How well a screen did; of a generation whose records all arrived, or a repeat would seem to differ. */
function addScreenCounts({ tokens, missing }: Generation, add: Add): void {
  const rows = tokens.flatMap(({ exactRows }) => exactRows ?? []);
  if (rows.length === 0 || missing.length > 0) return;
  // The first token is the prefill's.
  const decoded = tokens.slice(1).flatMap(({ exactRows }) => exactRows ?? []);
  const ranks = tokens.flatMap(({ screenRank }) => screenRank ?? []);
  add('exact_rows', ratio(sum(decoded), decoded.length));
  add('exact_rows_max', Math.max(...rows));
  if (ranks.length > 0) add('screen_rank_max', Math.max(...ranks));
  add('full_scans', tokens.filter(isFullScan).length);
}

function isFullScan({ exactRows, logitBits }: GeneratedToken): boolean {
  return exactRows !== undefined && logitBits === undefined;
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

function perSecond(count: number, timeUs: number): number | undefined {
  return count > 0 && timeUs > 0 ? (count * 1e6) / timeUs : undefined;
}

function ratio(total: number, passes: number): number | undefined {
  return passes > 0 ? total / passes : undefined;
}

/**
 * Groups samples into measurements, in order of first appearance. `hasNoise` says of which boards timed samples are
 * drawn from a distribution: a modelled clock is deterministic, and an interval would claim what is not there.
 */
export function summarize(samples: readonly Sample[], hasNoise: (board: string) => boolean): Measurement[] {
  const groups = new Map<string, Sample[]>();
  for (const sample of samples) {
    const key = `${sample.board}|${sample.prompt ?? ''}|${sample.name}`;
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [sample]);
    else group.push(sample);
  }
  return [...groups.values()].map((group) => summarizeGroup(group, hasNoise(group[0]!.board)));
}

function summarizeGroup(group: readonly Sample[], noisy: boolean): Measurement {
  const { name, board, prompt } = group[0]!;
  const { unit, kind } = definitionOf(name);
  const samples = group.map((sample) => sample.value);
  // A group is never empty and its values are finite, so that it has a median.
  const value = kind === 'exact' ? samples[0]! : median(samples).value!;
  const place = { name, unit, kind, board, ...(prompt === undefined ? {} : { prompt }) };
  if (kind === 'exact' || !noisy) return { ...place, value, samples };
  const { low, high } = medianInterval(samples);
  return {
    ...place,
    value,
    samples,
    ...(low === undefined ? {} : { low }),
    ...(high === undefined ? {} : { high }),
  };
}
