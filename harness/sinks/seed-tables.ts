import type { MeasurementName } from '../results/measurement-catalogue.js';
import { formatQuantity } from '../results/quantity.js';
import type { ResultMemory, RunResult } from '../results/result.js';
import { meanOverPrompts } from './over-prompts.js';
import { plainTable } from './plain-table.js';

/** Tiny-LLM's shape: the only one that the seeds' tables speak of. */
const TINY_LLM = {
  hiddenSize: 192,
  ffnSize: 1024,
  layers: 1,
  heads: 2,
  kvHeads: 1,
  vocabSize: 32000,
} as const;

/** What seed 001 says of the SD reads of a token, by the measurement that counts them. */
const SEED_READS: readonly {
  readonly what: string;
  readonly reads: number;
  readonly name: MeasurementName;
}[] = [
  { what: 'embedding', reads: 1, name: 'sd_reads_embed' },
  { what: 'attention', reads: 4, name: 'sd_reads_attention' },
  { what: 'MLP', reads: 24, name: 'sd_reads_mlp' },
  { what: 'head', reads: 125, name: 'sd_reads_head' },
];

/** What seed 001 says of peak RAM, bytes, by the component of ours that serves it. */
const SEED_MEMORY: readonly {
  readonly what: string;
  readonly seedBytes: number;
  readonly component: string;
}[] = [
  { what: 'embedding row', seedBytes: 768, component: 'embed' },
  { what: 'head chunk', seedBytes: 196_608, component: 'head' },
  { what: 'MLP chunk', seedBytes: 98_304, component: 'mlp' },
  { what: 'attention weights', seedBytes: 147_456, component: 'attention' },
  { what: 'KV cache', seedBytes: 400_000, component: 'kv' },
  { what: 'logits', seedBytes: 64_000, component: 'logits' },
  { what: 'working buffers', seedBytes: 100_000, component: 'work' },
];
/** What the seeds claim of a format as a whole: seed 002, "Model Specifications". */
export const SEED_CLAIMS: Readonly<Record<string, { readonly peakBytes: number; readonly speed: string }>> = {
  float32: { peakBytes: 940_000, speed: '0.1-0.3 tokens/s' },
  int8: { peakBytes: 700_000, speed: '0.5-1 tokens/s' },
};

/**
 * The seeds' claims beside what was counted. Empty for a model of another shape, for a format that they do not speak of, and for a strategy
 * that is not theirs.
 */
export function formatSeedTables(result: RunResult): string {
  const { format, strategy = 'seed' } = result.model;
  if (!isTinyLlm(result) || strategy !== 'seed' || SEED_CLAIMS[format] === undefined) return '';
  return result.boards
    .map(({ id }) =>
      [formatReads(result, id), formatMemory(result, id), formatSpeed(result, id)]
        .filter((part) => part !== '')
        .join('\n'),
    )
    .join('\n');
}

function isTinyLlm({ model }: RunResult): boolean {
  return Object.entries(TINY_LLM).every(
    ([key, value]) => model.config?.[key as keyof typeof TINY_LLM] === value,
  );
}

function formatReads(result: RunResult, board: string): string {
  const counted = (name: MeasurementName) =>
    result.measurements.find((one) => one.name === name && one.board === board)?.value;
  const total = counted('sd_reads_per_token');
  // Seed 001 counts the reads of float32 alone.
  if (total === undefined || result.model.format !== 'float32') return '';
  const rows = SEED_READS.map(({ what, reads, name }) => [what, String(reads), String(counted(name) ?? '')]);
  rows.push([
    'SD reads a token',
    String(SEED_READS.reduce((sum, { reads }) => sum + reads, 0)),
    String(total),
  ]);
  const norms = result.memory.find((one) => one.board === board)?.components.norms;
  const columns = [
    { head: 'SD reads a token' },
    { head: 'seed 001', align: 'right' },
    { head: 'counted', align: 'right' },
  ] as const;
  return `${plainTable(columns, rows)}\nnorms (${bytes(norms)}) are read once, when the model is loaded: ${counted('load_reads') ?? '?'} reads then, configuration included`;
}

function formatMemory(result: RunResult, board: string): string {
  const memory = result.memory.find((one) => one.board === board);
  const peak = result.measurements.find((one) => one.name === 'psram_peak' && one.board === board);
  if (memory === undefined || peak === undefined) return '';
  const { format } = result.model;
  const rows = SEED_MEMORY.map(({ what, seedBytes, component }) => [
    what,
    format === 'float32' ? bytes(seedBytes) : '',
    bytes(memory.components[component]),
  ]);
  rows.push([
    `peak PSRAM, context ${memory.context}`,
    bytes(SEED_CLAIMS[format]!.peakBytes),
    bytes(peak.value),
  ]);
  const table = plainTable(
    [{ head: `memory, ${format}` }, { head: 'seeds', align: 'right' }, { head: 'measured', align: 'right' }],
    rows,
  );
  return `${table}\n${sharing(memory)}`;
}

function formatSpeed(result: RunResult, board: string): string {
  const rate = meanOverPrompts(result, board, 'decode_rate');
  const { limits, clock } = result.boards.find(({ id }) => id === board)!;
  if (rate === undefined) return '';
  const card =
    limits === undefined
      ? ''
      : `, ${limits.cardMode} card, ${limits.bounceBuffer ? 'with' : 'without'} a bounce buffer`;
  const claim = SEED_CLAIMS[result.model.format]!.speed;
  return `decode ${formatQuantity(rate, 'tokens/s')} (clock ${clock}${card}); the seeds say ${claim}`;
}

function sharing({ components }: ResultMemory): string {
  return `head chunk, MLP chunk and attention weights take turns in one stage buffer of ${bytes(components.stage)}`;
}

function bytes(value: number | undefined): string {
  return value === undefined ? '' : formatQuantity(value, 'bytes');
}
