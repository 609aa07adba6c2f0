import type { Generation } from '../generation.js';
import type { Plan } from '../plan.js';
import type { ReferencePrompt } from '../reference-run.js';

/** A plausible generation of three tokens; tests override what they are about. */
export function sampleGeneration(overrides: Partial<Generation> = {}): Generation {
  const phase = { forwards: 2, timeUs: 400_000, sdReads: 20, sdSeeks: 14, sdBytes: 2000, cardTimeUs: 9000 };
  return {
    board: 'cam-1',
    prompt: 0,
    repeat: 1,
    promptTokens: 5,
    tokens: [
      { id: 11, atUs: 1_000_000, logProbabilityBits: 'bf000000', logitsCrc: 'aaaaaaaa' },
      { id: 12, atUs: 1_200_000, logProbabilityBits: 'bf000000', logitsCrc: 'bbbbbbbb' },
      { id: 13, atUs: 1_400_000, logProbabilityBits: 'bf000000', logitsCrc: 'cccccccc' },
    ],
    missing: [],
    stop: 'max',
    times: { firstTokenUs: 1_000_000, lastTokenUs: 1_400_000, timeToFirstTokenUs: 1_010_000 },
    prefill: { ...phase, forwards: 5, timeUs: 1_000_000 },
    decode: phase,
    stagesUs: { embed: 1, attention: 2, mlp: 3, head: 4, sample: 5 },
    psramPeakBytes: 700_000,
    psramPeakRunBytes: 700_000,
    heapPeakBytes: 40_000,
    heapPeakRunBytes: 30_000,
    stackFreeBytes: 5000,
    tokensCrc: '01234567',
    logitsCrc: '89abcdef',
    ...overrides,
  };
}

/** What the reference says when it agrees with {@link sampleGeneration}. */
export function sampleReference(): ReferencePrompt {
  const { tokens } = sampleGeneration();
  return {
    stop: 'max',
    text: '',
    tokensCrc: '01234567',
    logitsCrc: '89abcdef',
    steps: tokens.map(({ id, logProbabilityBits, logitsCrc }, step) => ({
      id,
      logitBits: sampleLogitBits[step]!,
      logProbabilityBits: logProbabilityBits!,
      logitsCrc: logitsCrc!,
      top5: [],
    })),
  };
}

/** {@link sampleGeneration} as a board with a screen says it: the chosen token's logit, and no CRC. */
export function screenedGeneration(overrides: Partial<Generation> = {}): Generation {
  const { logitsCrc: _, ...generation } = sampleGeneration();
  const tokens = generation.tokens.map(({ id, atUs }, step) => ({
    id,
    atUs,
    logitBits: sampleLogitBits[step]!,
    exactRows: 10 + step,
    screenRank: 1 + step,
  }));
  return { ...generation, tokens, ...overrides };
}

const sampleLogitBits = ['41000000', '41200000', '41400000'];

/** A plan of one prompt, one board, one repeat. */
export function samplePlan(overrides: Partial<Plan> = {}): Plan {
  const shape = { hiddenSize: 8, ffnSize: 8, layers: 1, heads: 2, kvHeads: 1, headSize: 4, vocabSize: 16 };
  return {
    plan: 1,
    tokenrack: '0.0.0',
    scenario: { title: 'sample' },
    model: {
      name: 'm',
      path: 'm',
      hash: '00',
      parameters: 1,
      config: { ...shape, contextLength: 32, tiedHead: false },
    },
    tokenizer: 't',
    format: 'float32',
    build: { id: 'b', folder: 'f', kind: 'virtual' },
    card: { folder: 'c', manifest: '00000000', bytes: 1 },
    prompts: [{ text: 'Once upon a time', ids: [1, 2, 3, 4, 5] }],
    generate: { tokens: 3, temperature: 0, topK: 0, seed: 0, stopAtEnd: true, logits: 'crc' },
    context: 32,
    knobs: {},
    warmups: 0,
    repeats: 1,
    orderSeed: 1,
    boards: [{ id: 'cam-1', mac: '24:6f:28:00:00:01', link: 'virtual', clock: 'modelled' }],
    expectations: [],
    ...overrides,
  };
}
