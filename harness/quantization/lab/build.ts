import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { findInput } from '../../bench/inputs.js';
import { ConfigError } from '../../errors.js';
import type { Checkpoint } from '../../model/checkpoint.js';
import type { PackedModel } from '../../model/packed-model.js';
import { readPackedCard } from '../../model/read-card.js';
import { isCardFolder } from '../../model/read-checkpoint.js';
import { cardFolderName } from '../../model/weight-format.js';
import { isQuantizedFolder, readQuantizedFolder } from '../folders/read-quantized-folder.js';
import { CARDS } from '../folders/require-ours.js';
import { dequantizeModel } from '../quantize-checkpoint.js';
import type { QuantizedModel } from '../quantized-model.js';
import type { Recipe } from '../recipe.js';
import { cardBytes, gridBytes, widestBits, widestCardBits } from './grid-size.js';
import type { Subject } from './subject.js';
import { cardErrors, quantizedErrors, type TensorErrors } from './tensor-errors.js';

/** What is held against a float32 model: a quantized model or folder, or a card folder. */
export interface Build {
  readonly name: string;
  readonly recipe?: Recipe;
  /** What is scored: the packed model in the board's own arithmetic; else float32 over the values of the codes. */
  readonly scored: PackedModel | Checkpoint;
  readonly packed?: PackedModel;
  readonly unsupported?: string;
  /** Where the card lies already. */
  readonly cardFolder?: string;
  readonly bytes: number;
  readonly widestBits: number;
  /** Empty where the weights that were rounded are not known any more. */
  readonly tensors: TensorErrors;
}

/** @throws ConfigError `no-build`, `models-unlike`, and of whatever cannot be read */
export async function openBuild(quantized: string | QuantizedModel, base: Subject): Promise<Build> {
  const build =
    typeof quantized === 'string' ? await readBuild(findInput(quantized), base) : buildOf(quantized);
  requireLike(build, base);
  return build;
}

function buildOf(model: QuantizedModel, cardFolder?: string): Build {
  const { name, recipe, packed, unsupported } = model;
  return {
    name,
    recipe,
    scored: packed ?? dequantizeModel(model),
    ...(packed === undefined ? {} : { packed }),
    ...(unsupported === undefined ? {} : { unsupported }),
    ...(cardFolder === undefined ? {} : { cardFolder }),
    bytes: packed === undefined ? gridBytes(model) : cardBytes(packed),
    widestBits: widestBits(model),
    tensors: quantizedErrors(model, model.source),
  };
}

async function readBuild(path: string, base: Subject): Promise<Build> {
  if (isQuantizedFolder(path)) return readOurs(path, base);
  if (!isCardFolder(path)) {
    const message = `${path} is neither a quantized folder (tokenrack quantize) nor a card folder`;
    throw new ConfigError('no-build', message, { path });
  }
  const packed = await readPackedCard(path);
  return {
    name: packed.name,
    scored: packed,
    packed,
    cardFolder: path,
    bytes: cardBytes(packed),
    widestBits: widestCardBits(packed),
    tensors: cardErrors(packed, base.checkpoint),
  };
}

/** AWQ folds the weights before they are rounded: the folder does not have them. */
async function readOurs(path: string, { checkpoint }: Subject): Promise<Build> {
  const model = await readQuantizedFolder(path);
  const card = join(path, CARDS, cardFolderName(model.packed?.weightFormat ?? 'mixed'));
  const build = buildOf(model, existsSync(card) ? card : undefined);
  const { method } = model.recipe;
  if (method === 'awq') return { ...build, tensors: [] };
  return { ...build, tensors: quantizedErrors(model, checkpoint) };
}

function requireLike({ name, scored }: Build, { checkpoint }: Subject): void {
  const keys = ['vocabSize', 'hiddenSize', 'layers', 'bosId'] as const;
  const other = keys.find((key) => scored.config[key] !== checkpoint.config[key]);
  if (other === undefined) return;
  const message = `${name} is no build of ${checkpoint.name}: ${other} is ${scored.config[other]}, there it is ${checkpoint.config[other]}`;
  throw new ConfigError('models-unlike', message, { key: other });
}
