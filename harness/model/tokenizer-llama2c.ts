import { ConfigError } from '../errors.js';
import { decodeBytes, UNKNOWN_ID_BYTES } from './decode-bytes.js';
import { type Merge, mergePieces } from './merge-pieces.js';
import type { Tokenizer } from './tokenizer.js';

const BOS = 1;
const FIRST_BYTE = 3;
const FIRST_PIECE = FIRST_BYTE + 256;
/** llama2.c joins nothing that scores less. */
const WORST_SCORE = -1e10;

export interface Llama2cPiece {
  readonly score: number;
  /** One character a byte. */
  readonly bytes: string;
}

/**
 * Reads llama2.c's tokenizer.bin: the longest piece's length (int32), then a score (float32), a length (int32) and the
 * bytes of each piece, to the end of the file. Ids: 0 unk, 1 bos, 2 eos, 3 .. 258 the bytes, then the pieces of sentencepiece
 * with a blank for its word mark. Encoding: a blank is put in front of a text that is not empty; what is no piece falls
 * back to its bytes; then the best-scored neighbours are joined.
 * @param path for messages
 * @throws ConfigError `tokenizer-invalid`
 */
export function llama2cTokenizer(bytes: Uint8Array, path: string): Tokenizer {
  const pieces = llama2cPieces(bytes, path);
  const ids = new Map<string, number>();
  for (let id = pieces.length - 1; id >= FIRST_PIECE; id--) ids.set(pieces[id]!.bytes, id);
  const tokenBytes = (id: number): Uint8Array => bytesOf(pieces, id);
  return {
    path,
    vocabSize: pieces.length,
    encode: (text) => [BOS, ...(text === '' ? [] : encode(` ${text}`, pieces, ids))],
    tokenBytes,
    decode: (tokens) => decodeBytes(tokens, tokenBytes, true),
  };
}

function encode(text: string, pieces: readonly Llama2cPiece[], ids: ReadonlyMap<string, number>): number[] {
  const encoder = new TextEncoder();
  const characters = [...text].flatMap((character) => {
    const bytes = encoder.encode(character);
    const id = ids.get(latin1(bytes));
    return id === undefined ? [...bytes].map((byte) => FIRST_BYTE + byte) : [id];
  });
  return mergePieces(characters, (left, right): Merge | undefined => {
    const id = ids.get(pieces[left]!.bytes + pieces[right]!.bytes);
    if (id === undefined) return undefined;
    const { score } = pieces[id]!;
    return score > WORST_SCORE ? { id, score } : undefined;
  });
}

function bytesOf(pieces: readonly Llama2cPiece[], id: number): Uint8Array {
  const piece = pieces[id];
  if (piece === undefined) return UNKNOWN_ID_BYTES;
  if (id < FIRST_BYTE) return new Uint8Array(0);
  if (id < FIRST_PIECE) return Uint8Array.of(id - FIRST_BYTE);
  return Buffer.from(piece.bytes, 'latin1');
}

/** The pieces of a tokenizer.bin by id. */
export function llama2cPieces(bytes: Uint8Array, path: string): readonly Llama2cPiece[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const longest = bytes.length < 4 ? 0 : view.getInt32(0, true);
  if (longest < 1 || longest > 4096)
    throw invalid(path, 'it does not begin with the length of its longest piece');
  const pieces: Llama2cPiece[] = [];
  for (let at = 4; at < bytes.length; ) {
    const length = at + 8 <= bytes.length ? view.getInt32(at + 4, true) : -1;
    if (length < 0 || length > longest || at + 8 + length > bytes.length) {
      throw invalid(
        path,
        `piece ${pieces.length} is cut off or longer than the ${longest} bytes that it may have`,
      );
    }
    const score = view.getFloat32(at, true);
    if (Number.isNaN(score)) throw invalid(path, `the score of piece ${pieces.length} is NaN`);
    pieces.push({ score, bytes: latin1(bytes.subarray(at + 8, at + 8 + length)) });
    at += 8 + length;
  }
  requireByteTokens(pieces, path);
  return pieces;
}

function requireByteTokens(pieces: readonly Llama2cPiece[], path: string): void {
  for (let byte = 0; byte < 256; byte++) {
    const name = `<0x${byte.toString(16).toUpperCase().padStart(2, '0')}>`;
    if (pieces[FIRST_BYTE + byte]?.bytes !== name)
      throw invalid(path, `token ${FIRST_BYTE + byte} is not ${name}`);
  }
}

function latin1(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1');
}

function invalid(path: string, reason: string): ConfigError {
  return new ConfigError('tokenizer-invalid', `${path} is no llama2.c tokenizer: ${reason}`, { path });
}
