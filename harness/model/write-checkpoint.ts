import { randomUUID } from 'node:crypto';
import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Checkpoint } from './checkpoint.js';
import { requireFinite } from './finite-weights.js';
import type { FloatFormat } from './float-formats.js';
import { huggingFaceNames } from './huggingface-config.js';
import { storedTensors } from './huggingface-tensors.js';
import { writeSafetensors } from './safetensors-write.js';

/**
 * Writes a Hugging Face folder: config.json and model.safetensors, each replaced whole; other files in the folder stay.
 * The same checkpoint gives the same bytes. float16 and bfloat16 round to nearest, ties to even.
 * @throws ConfigError `weight-not-finite`, or `weight-overflow` when a weight does not fit the format
 */
export async function writeCheckpoint(
  checkpoint: Checkpoint,
  folder: string,
  options: { readonly format?: FloatFormat } = {},
): Promise<void> {
  const { config, tensors, source } = checkpoint;
  const format = options.format ?? 'float32';
  const stored = [...storedTensors(config)].map(({ name, shape, ours, first, elements }) => {
    const values = tensors[ours].subarray(first, first + elements);
    requireFinite(values, name, source.path);
    return { name, shape, values };
  });
  await mkdir(folder, { recursive: true });
  await replaceFile(join(folder, 'model.safetensors'), (path) => writeSafetensors(path, stored, format));
  const text = JSON.stringify(configJson(checkpoint, format), null, 1);
  await replaceFile(join(folder, 'config.json'), (path) => writeFile(path, `${text}\n`));
}

/** What config.json says of a model whose floats lie in `format`. */
export function configJson(
  { config }: Pick<Checkpoint, 'config'>,
  format: FloatFormat,
): Record<string, unknown> {
  return {
    architectures: ['LlamaForCausalLM'],
    model_type: 'llama',
    hidden_act: 'silu',
    ...huggingFaceNames(config),
    torch_dtype: format,
  };
}

/** Writes beside, then renames: an interrupted write leaves what was there. */
async function replaceFile(path: string, write: (path: string) => Promise<void>): Promise<void> {
  const fresh = `${path}.new-${randomUUID()}`;
  try {
    await write(fresh);
    await rename(fresh, path);
  } finally {
    await rm(fresh, { force: true });
  }
}
