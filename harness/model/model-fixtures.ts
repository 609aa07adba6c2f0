import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { TokenrackError } from '../errors.js';
import type { Checkpoint, LlamaConfig } from './checkpoint.js';
import { makeModel } from './make-model.js';

/** For tests: a Llama small enough to read thousands of times, with two layers and grouped queries. */
export const SMALL: LlamaConfig = {
  hiddenSize: 12,
  ffnSize: 10,
  layers: 2,
  heads: 4,
  kvHeads: 2,
  headSize: 4,
  vocabSize: 20,
  contextLength: 16,
  rmsNormEps: 1e-5,
  ropeTheta: 10000,
  tiedHead: false,
  bosId: 1,
  eosIds: [2],
};

export function smallModel(change: Partial<LlamaConfig> = {}, seed = 1): Checkpoint {
  return makeModel({ ...SMALL, ...change }, { seed });
}

/** Call inside a describe: a folder that lives as long as its tests. */
export function temporaryFolder(): (...names: string[]) => string {
  let folder = '';
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'tokenrack-model-'));
  });
  after(() => rm(folder, { recursive: true, force: true }));
  return (...names) => join(folder, ...names);
}

/** The error of ours that `attempt` ends with; anything else is rethrown, so that it fails the test. */
export async function refusal(attempt: () => unknown): Promise<TokenrackError> {
  try {
    await attempt();
  } catch (error) {
    if (error instanceof TokenrackError && !error.message.includes('\n')) return error;
    throw error;
  }
  throw new Error('nothing was refused');
}

/** A llama2.c file of version 0, written from its definition alone. q and k are stored as they are given. */
export async function writeLlama2c(path: string, { config, tensors }: Checkpoint): Promise<void> {
  const { hiddenSize, ffnSize, layers, heads, kvHeads, vocabSize, contextLength, headSize, tiedHead } =
    config;
  const vocab = tiedHead ? vocabSize : -vocabSize;
  const t = tensors;
  await writeFile(path, [
    new Uint8Array(Int32Array.of(hiddenSize, ffnSize, layers, heads, kvHeads, vocab, contextLength).buffer),
    ...[t.embed_tokens, t.norm1, t.q_proj, t.k_proj, t.v_proj, t.o_proj].map(bytesOf),
    ...[t.norm2, t.gate_proj, t.down_proj, t.up_proj, t.final_norm].map(bytesOf),
    bytesOf(new Float32Array(contextLength * headSize).fill(Number.NaN)),
    ...(tiedHead ? [] : [bytesOf(t.lm_head)]),
  ]);
}

export function bytesOf(values: Float32Array): Buffer {
  return Buffer.from(values.buffer, values.byteOffset, values.byteLength);
}
