import { Tokenizer as Encoder } from '@huggingface/tokenizers';
import { z } from 'zod';
import { ConfigError } from '../errors.js';
import { decodeBytes, UNKNOWN_ID_BYTES } from './decode-bytes.js';
import { checkJson } from './json-file.js';
import { pieceDecoder, pieceDecoderSchema } from './piece-decoder.js';
import type { Tokenizer } from './tokenizer.js';

const id = z
  .int()
  .nonnegative()
  .max(2 ** 24);

const tokenizerSchema = z.looseObject({
  model: z.looseObject({
    type: z.literal('BPE', { error: 'only BPE models are supported' }),
    vocab: z.record(z.string(), id),
    unk_token: z.string().nullish(),
  }),
  decoder: pieceDecoderSchema,
  added_tokens: z
    .array(z.looseObject({ id, content: z.string(), special: z.boolean().default(false) }))
    .default([]),
});

/** What of a tokenizer_config.json decides about the ids. */
const companionSchema = z.looseObject({
  add_bos_token: z.boolean().nullish(),
  bos_token: z.union([z.string(), z.looseObject({ content: z.string() })]).nullish(),
});

/**
 * A tokenizer from the contents of a tokenizer.json (BPE: Llama's with byte fallback, or byte-level) and, where there is
 * one, of its tokenizer_config.json. Encoding is @huggingface/tokenizers'; a beginning token is put in front when the
 * post-processor or `add_bos_token` says so.
 * @param path for messages
 * @throws ConfigError `json-invalid` or `tokenizer-invalid`
 */
export function huggingFaceTokenizer(json: unknown, companion: unknown, path: string): Tokenizer {
  const parsed = checkJson(json, path, tokenizerSchema);
  const settings = checkJson(
    companion ?? {},
    path.replace(/tokenizer\.json$/, 'tokenizer_config.json'),
    companionSchema,
  );
  const encoder = makeEncoder(json, settings, path);
  const pieces = piecesById(parsed);
  const special = new Set(parsed.added_tokens.filter((token) => token.special).map((token) => token.id));
  const unknown = parsed.model.unk_token == null ? undefined : parsed.model.vocab[parsed.model.unk_token];
  if (unknown !== undefined) special.add(unknown);
  const decoder = pieceDecoder(parsed.decoder);
  const tokenBytes = (token: number): Uint8Array => {
    const piece = pieces[token];
    if (piece === undefined) return UNKNOWN_ID_BYTES;
    return special.has(token) ? new Uint8Array(0) : decoder.bytes(piece);
  };
  const bos = beginningToken(settings, pieces);
  return {
    path,
    vocabSize: pieces.length,
    encode: (text) => encode(encoder, text, bos, path),
    tokenBytes,
    decode: (ids) => decodeBytes(ids, tokenBytes, decoder.stripBlank),
  };
}

function makeEncoder(json: unknown, settings: object, path: string): Encoder {
  const absent = { normalizer: null, pre_tokenizer: null, post_processor: null, added_tokens: [] };
  try {
    return new Encoder({ ...absent, ...(json as object) }, settings);
  } catch (cause) {
    const reason = (cause instanceof Error ? cause.message : String(cause)).replace(/\s+/g, ' ');
    throw new ConfigError('tokenizer-invalid', `${path} is no tokenizer that can be read: ${reason}`, {
      path,
      cause,
    });
  }
}

/** The library's own types do not resolve under Node's rules. */
interface Encoding {
  readonly ids: readonly (number | undefined)[];
  readonly tokens: readonly string[];
}

function encode(encoder: Encoder, text: string, bos: number | undefined, path: string): number[] {
  let encoding: Encoding;
  try {
    encoding = encoder.encode(text);
  } catch (cause) {
    const reason = (cause instanceof Error ? cause.message : String(cause)).replace(/\s+/g, ' ');
    throw new ConfigError('tokenizer-cannot-encode', `${path} cannot encode a text: ${reason}`, {
      path,
      text,
      cause,
    });
  }
  const ids = encoding.ids.filter((token) => token !== undefined);
  if (ids.length < encoding.ids.length) {
    const piece = JSON.stringify(encoding.tokens[encoding.ids.indexOf(undefined)]);
    const message = `${path} has no token for ${piece}, and no unknown token to stand for it`;
    throw new ConfigError('tokenizer-cannot-encode', message, { path, text });
  }
  return bos === undefined || ids[0] === bos ? ids : [bos, ...ids];
}

function piecesById(parsed: z.output<typeof tokenizerSchema>): readonly (string | undefined)[] {
  const pieces: (string | undefined)[] = [];
  for (const [piece, token] of Object.entries(parsed.model.vocab)) pieces[token] = piece;
  for (const { id: token, content } of parsed.added_tokens) pieces[token] = content;
  return pieces;
}

function beginningToken(
  { add_bos_token, bos_token }: z.output<typeof companionSchema>,
  pieces: readonly (string | undefined)[],
): number | undefined {
  if (add_bos_token !== true || bos_token == null) return undefined;
  const found = pieces.indexOf(typeof bos_token === 'string' ? bos_token : bos_token.content);
  return found < 0 ? undefined : found;
}
