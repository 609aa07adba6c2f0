import { createHash, randomUUID } from 'node:crypto';
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { z } from 'zod';
import { ConfigError } from '../../errors.js';
import type { Checkpoint } from '../../model/checkpoint.js';
import { crc32 } from '../../model/crc32.js';
import { modelHash } from '../../model/model-hash.js';
import type { Recipe } from '../recipe.js';
import type { QatPlan } from './plan.js';
import type { QuantizedStudent } from './quantized-student.js';

/** Of the file's layout. */
export const STATE_VERSION = 2;

/** What a training is of, as SHA-256: a state goes on only under the same. */
const originSchema = z.strictObject({
  model: z.string(),
  recipe: z.string(),
  plan: z.string(),
  documents: z.string(),
});
export type TrainingOrigin = z.output<typeof originSchema>;

const headerSchema = z.strictObject({
  format: z.literal('tokenrack-training'),
  version: z.literal(STATE_VERSION),
  origin: originSchema,
  step: z.int().min(0),
  tokens: z.int().min(0),
  beta1Power: z.number(),
  beta2Power: z.number(),
  /** CRC-32 of what follows. */
  crc: z.int().min(0),
});

/** How far a training is. The documents' order follows from the steps done. */
export interface TrainingPosition {
  readonly step: number;
  /** Predicted so far. */
  readonly tokens: number;
}

export function trainingOrigin(
  checkpoint: Checkpoint,
  recipe: Recipe,
  plan: QatPlan,
  documents: readonly (readonly number[])[],
): TrainingOrigin {
  const ids = createHash('sha256');
  for (const document of documents) ids.update(Int32Array.of(document.length, ...document));
  return {
    model: modelHash(checkpoint),
    recipe: sha256(JSON.stringify(decisive(recipe))),
    plan: sha256(JSON.stringify(plan)),
    documents: ids.digest('hex'),
  };
}

/**
 * Writes the state as one file, whole or not at all: a line of JSON, then the student's arrays, numbers as little-endian float32.
 */
export async function saveTraining(
  path: string,
  origin: TrainingOrigin,
  { step, tokens }: TrainingPosition,
  student: QuantizedStudent,
): Promise<void> {
  const { beta1Power, beta2Power } = student.clock;
  const body = Buffer.concat(student.arrays.map(bytesOf));
  const header = {
    format: 'tokenrack-training',
    version: STATE_VERSION,
    origin,
    step,
    tokens,
    beta1Power,
    beta2Power,
    crc: crc32(body),
  };
  const fresh = `${path}.new-${randomUUID()}`;
  await mkdir(dirname(path), { recursive: true });
  try {
    await writeFile(fresh, Buffer.concat([Buffer.from(`${JSON.stringify(header)}\n`), body]));
    await rename(fresh, path);
  } finally {
    await rm(fresh, { force: true });
  }
}

/**
 * Puts a kept state into a student. Undefined when there is no file.
 * @throws ConfigError `training-state-damaged`, or `training-state-other` when it is of another model, recipe, plan or text
 */
export async function loadTraining(
  path: string,
  origin: TrainingOrigin,
  student: QuantizedStudent,
): Promise<TrainingPosition | undefined> {
  const bytes = await readFile(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
  if (bytes === undefined) return undefined;
  const end = bytes.indexOf('\n');
  const header = parseHeader(bytes.subarray(0, Math.max(0, end)), path);
  const body = bytes.subarray(end + 1);
  requireSame(header.origin, origin, path);
  const { arrays } = student;
  const expected = arrays.reduce((sum, array) => sum + array.byteLength, 0);
  if (body.length !== expected || crc32(body) !== header.crc) throw damaged(path);
  let begin = 0;
  for (const array of arrays) {
    bytesOf(array).set(body.subarray(begin, begin + array.byteLength));
    begin += array.byteLength;
  }
  student.clock.beta1Power = header.beta1Power;
  student.clock.beta2Power = header.beta2Power;
  return { step: header.step, tokens: header.tokens };
}

function parseHeader(line: Uint8Array, path: string): z.output<typeof headerSchema> {
  try {
    return headerSchema.parse(JSON.parse(Buffer.from(line).toString('utf8')));
  } catch (cause) {
    throw damaged(path, cause);
  }
}

function damaged(path: string, cause?: unknown): ConfigError {
  const message = `${path} is no whole training state of this version: delete it to train from the start`;
  return new ConfigError('training-state-damaged', message, { path, cause });
}

function requireSame(kept: TrainingOrigin, wanted: TrainingOrigin, path: string): void {
  const other = (['model', 'recipe', 'plan', 'documents'] as const).find((key) => kept[key] !== wanted[key]);
  if (other === undefined) return;
  const what = other === 'documents' ? 'other documents' : `another ${other}`;
  const message = `${path} holds a training with ${what}: name another file for this one, or delete it`;
  throw new ConfigError('training-state-other', message, { path, other });
}

function bytesOf({ buffer, byteOffset, byteLength }: Float32Array | Uint8Array): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}

/** What decides how weights are rounded, exceptions in their order. */
function decisive({ bits, group, zero_point, threshold, exceptions }: Recipe): object {
  return { bits, group, zero_point, threshold, exceptions: Object.entries(exceptions) };
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
