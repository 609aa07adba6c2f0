import type { Tokenizer } from './tokenizer.js';

/** As in Llama's vocabularies: unknown, beginning and end stand before the 256 bytes. */
const FIRST_BYTE = 3;
const BEGINNING = 1;

/**
 * A tokenizer for models that have learnt nothing and so have none: a token a byte. The vocabulary's other tokens print as
 * their number, so that what such a model writes can be told apart.
 */
export function byteTokenizer(vocabSize: number): Tokenizer {
  const tokenBytes = (id: number): Uint8Array => {
    if (id < FIRST_BYTE) return new Uint8Array(0);
    if (id < FIRST_BYTE + 256) return Uint8Array.of(id - FIRST_BYTE);
    return new TextEncoder().encode(` ${id}`);
  };
  return {
    vocabSize,
    path: 'bytes',
    encode: (text) => [BEGINNING, ...[...new TextEncoder().encode(text)].map((byte) => byte + FIRST_BYTE)],
    tokenBytes,
    decode: (ids) => Buffer.concat(ids.map(tokenBytes)).toString('utf8'),
  };
}
