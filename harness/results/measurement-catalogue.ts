/** `exact`: deterministic, any difference between repeats is a failure. `timed`: a sample of a distribution. */
export type MeasurementKind = 'exact' | 'timed';

export interface MeasurementDefinition {
  readonly unit: 'tokens/s' | 'us' | 'bytes' | 'count';
  readonly kind: MeasurementKind;
  /** For tables and reports. */
  readonly label: string;
  readonly better: 'higher' | 'lower' | 'neither';
}

const rate = (label: string): MeasurementDefinition => ({
  unit: 'tokens/s',
  kind: 'timed',
  label,
  better: 'higher',
});
const time = (label: string): MeasurementDefinition => ({
  unit: 'us',
  kind: 'timed',
  label,
  better: 'lower',
});
const bytes = (label: string): MeasurementDefinition => ({
  unit: 'bytes',
  kind: 'exact',
  label,
  better: 'lower',
});
const count = (label: string): MeasurementDefinition => ({
  unit: 'count',
  kind: 'exact',
  label,
  better: 'lower',
});

/**
 * Every measurement there is, by name. Definitions: DESIGN "What is counted".
 * Per generation, but `load_*` and `resident_bytes` once per board. `overall_rate` and `generation_time` are what a foreign firmware prints
 * of a generation with its prompt and all: never to be mixed with `decode_rate`.
 */
export const MEASUREMENTS = {
  decode_rate: rate('decode'),
  prefill_rate: rate('prefill'),
  overall_rate: rate('whole generation'),
  generation_time: time('whole generation'),
  time_to_first_token: time('time to first token'),
  stage_embed: time('stage: embedding'),
  stage_attention: time('stage: attention'),
  stage_mlp: time('stage: MLP'),
  stage_head: time('stage: head'),
  stage_sample: time('stage: sampling and output'),
  card_time: time('SD card busy'),
  sd_reads_per_token: count('SD reads a token'),
  sd_seeks_per_token: count('SD seeks a token'),
  sd_bytes_per_token: bytes('SD bytes a token'),
  sd_reads_embed: count('SD reads a token: embedding'),
  sd_reads_attention: count('SD reads a token: attention'),
  sd_reads_mlp: count('SD reads a token: MLP'),
  sd_reads_head: count('SD reads a token: head'),
  sd_reads: count('SD reads'),
  sd_seeks: count('SD seeks'),
  sd_bytes: bytes('SD bytes'),
  exact_rows: count('rows of the head a token'),
  exact_rows_max: count('rows of the head a token, at most'),
  screen_rank_max: count("token's place by the screen, at most"),
  full_scans: count('tokens by the whole head despite a screen'),
  tokens: { unit: 'count', kind: 'exact', label: 'tokens', better: 'neither' },
  psram_peak: bytes('peak PSRAM'),
  psram_peak_run: bytes('peak PSRAM since the prompt'),
  heap_peak: bytes('peak internal heap'),
  heap_peak_run: bytes('peak internal heap since the prompt'),
  stack_free: { unit: 'bytes', kind: 'exact', label: 'stack low-water mark', better: 'higher' },
  load_time: time('model load'),
  load_reads: count('SD reads at load'),
  load_seeks: count('SD seeks at load'),
  load_bytes: bytes('SD bytes at load'),
  load_flashed: bytes('flash bytes programmed at load'),
  resident_bytes: { unit: 'bytes', kind: 'exact', label: 'resident weights in PSRAM', better: 'neither' },
} as const satisfies Record<string, MeasurementDefinition>;

export type MeasurementName = keyof typeof MEASUREMENTS;

export const MEASUREMENT_NAMES = Object.keys(MEASUREMENTS) as MeasurementName[];

export function definitionOf(name: MeasurementName): MeasurementDefinition {
  return MEASUREMENTS[name];
}
