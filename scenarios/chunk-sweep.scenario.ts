import {
  chunkReport,
  localModel,
  logits,
  nothingBeatsPhysics,
  type ScenarioInput,
  sweep,
  tokens,
} from 'tokenrack';

// How much speed does memory buy? Chunk rows of the seeds' streaming, and the cache that `fast` may keep in PSRAM.
const model = localModel('tinyllm-stories') ?? 'seeded:tiny-llm/1';

const seedChunks = (rows: number, mlpKilobytes: number): ScenarioInput => ({
  strategy: 'seed',
  knobs: { prefill_head: 0, head_rows: rows, mlp_bytes: mlpKilobytes * 1024 },
});
const cache = (kilobytes: number, more: ScenarioInput['knobs'] = {}): ScenarioInput => ({
  strategy: 'fast',
  knobs: { cache_bytes: kilobytes * 1000, ...more },
});

sweep('chunk sweep', {
  base: {
    model,
    format: 'float32',
    prompts: ['Once'],
    generate: { tokens: 4, temperature: 0, stopAtEnd: false },
    repeats: 1,
    warmups: 0,
    context: 256,
    expect: [tokens.equalTheReference(), logits.equalTheReferenceToTheBit()],
  },
  variants: {
    'seed, 16 rows': seedChunks(16, 12),
    'seed, 64 rows': seedChunks(64, 48),
    'seed, 256 rows': seedChunks(256, 96),
    'seed, 1024 rows': seedChunks(1024, 384),
    'fast, nothing resident': cache(0, { resident: 0 }),
    'fast, one core': cache(0, { resident: 0, core_split: 0 }),
    'fast, no read-ahead': cache(0, { resident: 0, read_ahead: 0 }),
    'fast, layers in flash': cache(0, { resident: 8 }),
    'fast, layers in PSRAM': cache(2900, { resident: 4 }),
    'fast, screen': cache(3700, { resident: 2 }),
    'fast, screen and layers in flash': cache(3700),
  },
  report: chunkReport('Tiny-LLM, float32: speed against memory'),
  expect: { 'no run is faster than its weights can be moved': nothingBeatsPhysics },
});
