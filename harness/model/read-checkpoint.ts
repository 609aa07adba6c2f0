import { existsSync, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { ConfigError } from '../errors.js';
import { MODEL_CONFIG } from './card-folder.js';
import type { Checkpoint } from './checkpoint.js';
import { readGguf } from './gguf/read-gguf.js';
import { readCard } from './read-card.js';
import { readHuggingFace } from './read-huggingface.js';
import { readLlama2c } from './read-llama2c.js';

/**
 * Reads a model in any format that we know: a Hugging Face folder (config.json; or the path of its
 * model.safetensors), a card folder (model_config.json), a `.gguf` file, or a llama2.c `.bin`.
 * @throws ConfigError, one line that names the file, and the tensor and sizes where there are some
 */
export async function readCheckpoint(path: string): Promise<Checkpoint> {
  const stat = statSync(path, { throwIfNoEntry: false });
  if (stat === undefined) throw new ConfigError('model-missing', `no model at ${path}`, { path });
  const folder = huggingFaceFolderOf(path);
  if (folder !== undefined) return readHuggingFace(folder);
  if (stat.isDirectory()) return readFolder(path);
  if (path.endsWith('.safetensors') || path.endsWith('.json')) {
    throw new ConfigError('model-format', `${path} is a part of a model; name its folder instead`, { path });
  }
  return path.endsWith('.gguf') ? readGguf(path) : readLlama2c(path);
}

/** Whether `readCheckpoint` takes the folder for a card folder. */
export function isCardFolder(path: string): boolean {
  return existsSync(join(path, MODEL_CONFIG)) && !existsSync(join(path, 'config.json'));
}

/** The Hugging Face folder that `readCheckpoint` reads for a path: itself, or that of a model.safetensors; undefined for other models. */
export function huggingFaceFolderOf(path: string): string | undefined {
  const stat = statSync(path, { throwIfNoEntry: false });
  if (stat === undefined) return undefined;
  if (!stat.isDirectory()) return basename(path) === 'model.safetensors' ? dirname(path) : undefined;
  return existsSync(join(path, 'config.json')) ? path : undefined;
}

async function readFolder(path: string): Promise<Checkpoint> {
  if (isCardFolder(path)) return readCard(path);
  throw new ConfigError(
    'model-missing',
    `${path} holds no model: neither config.json (Hugging Face) nor ${MODEL_CONFIG} (card) is in it`,
    { path },
  );
}
