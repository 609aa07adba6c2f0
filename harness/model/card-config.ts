import { z } from 'zod';
import type { LlamaConfig } from './checkpoint.js';
import { huggingFaceConfigSchema, huggingFaceNames, llamaConfigOf } from './huggingface-config.js';
import { readJsonFile } from './json-file.js';
import { MATRIX_NAMES, type MatrixName, type PackedModel } from './packed-model.js';
import { type CardFormat, WEIGHT_FORMATS, type WeightFormat } from './weight-format.js';

export const MODEL_CONFIG = 'model_config.json';

/** In which format each matrix of a card is. */
export interface CardFormats {
  readonly weightFormat: CardFormat;
  readonly tensors: Readonly<Record<MatrixName, WeightFormat>>;
}

export interface CardConfig extends CardFormats {
  readonly config: LlamaConfig;
}

const formatSchema = z.enum(WEIGHT_FORMATS);
const formatKeys = z.object({
  weight_format: formatSchema,
  tie_word_embeddings: z.boolean().optional(),
  embed_tokens_format: formatSchema.optional(),
  q_proj_format: formatSchema.optional(),
  k_proj_format: formatSchema.optional(),
  v_proj_format: formatSchema.optional(),
  o_proj_format: formatSchema.optional(),
  gate_proj_format: formatSchema.optional(),
  up_proj_format: formatSchema.optional(),
  down_proj_format: formatSchema.optional(),
  lm_head_format: formatSchema.optional(),
});
const cardSchema = huggingFaceConfigSchema.extend(formatKeys.omit({ tie_word_embeddings: true }).shape);

/** @throws ConfigError `model-config`, `json-invalid` for a format that is not known, or that of an unreadable file */
export async function readCardConfig(path: string): Promise<CardConfig> {
  const card = await readJsonFile(path, cardSchema);
  return { config: llamaConfigOf(card, path), ...formatsOf(card) };
}

/** As `readCardConfig`, where the shape does not matter. */
export async function readCardFormats(path: string): Promise<CardFormats> {
  return formatsOf(await readJsonFile(path, formatKeys));
}

/** The exact bytes of model_config.json. */
export function cardConfigBytes({ config, tensors }: Pick<PackedModel, 'config' | 'tensors'>): Uint8Array {
  const standard = mostFrequent(storedMatrices(config).map((name) => tensors[name].format));
  const different = storedMatrices(config).filter((name) => tensors[name].format !== standard);
  const formats = different.map((name) => [`${name}_format`, tensors[name].format]);
  const keys = { ...huggingFaceNames(config), weight_format: standard, ...Object.fromEntries(formats) };
  return new TextEncoder().encode(`${JSON.stringify(keys, null, 1)}\n`);
}

/** The matrices that have a file of their own: a tied head has none. */
export function storedMatrices({ tiedHead }: Pick<LlamaConfig, 'tiedHead'>): readonly MatrixName[] {
  return tiedHead ? MATRIX_NAMES.filter((name) => name !== 'lm_head') : MATRIX_NAMES;
}

function formatsOf(card: z.output<typeof formatKeys>): CardFormats {
  const tensors = {} as Record<MatrixName, WeightFormat>;
  for (const name of MATRIX_NAMES) tensors[name] = card[`${name}_format`] ?? card.weight_format;
  if (card.tie_word_embeddings === true) tensors.lm_head = tensors.embed_tokens;
  const formats = new Set(Object.values(tensors));
  return { weightFormat: formats.size === 1 ? tensors.embed_tokens : 'mixed', tensors };
}

/** The first to reach the highest count, so that the same tensors always make the same file. */
function mostFrequent(formats: readonly WeightFormat[]): WeightFormat {
  const count = (format: WeightFormat) => formats.filter((other) => other === format).length;
  return formats.reduce((best, format) => (count(format) > count(best) ? format : best));
}
