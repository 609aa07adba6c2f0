import {
  BEGIN_ID,
  BLANK,
  type BytePairModel,
  bytePiece,
  mergePair,
  normalize,
  SPECIAL_PIECES,
} from './train-tokenizer.js';

/** Text to ids and back by the learned merges, for training. */
export interface BytePairEncoder {
  /** Ids of the text, the beginning token in front. Characters without a piece become their UTF-8 bytes. */
  encode(text: string): number[];
  /** Text of the ids; special tokens are left out, and so is the blank that was put in front. */
  decode(ids: readonly number[]): string;
}

export function bytePairEncoder({ pieces, merges }: BytePairModel): BytePairEncoder {
  const ids = new Map(pieces.map((piece, id) => [piece, id]));
  const ranks = new Map(merges.map(([left, right], rank) => [`${left} ${right}`, rank]));
  const idsOfWords = new Map<string, readonly number[]>();

  const encodeWord = (word: string): readonly number[] => {
    const seen = idsOfWords.get(word);
    if (seen !== undefined) return seen;
    const found = applyMerges(Array.from(word), ranks).flatMap((piece) => idsOfPiece(piece, ids));
    idsOfWords.set(word, found);
    return found;
  };

  return {
    encode: (text) => [BEGIN_ID, ...wordsOf(normalize(text)).flatMap((word) => encodeWord(word))],
    decode: (tokens) => decodePieces(tokens, pieces),
  };
}

/** No learned pair holds a blank except in front, so words that begin with one can be encoded apart. */
function wordsOf(text: string): string[] {
  return text.match(/▁?[^▁]*/gu)?.filter((word) => word !== '') ?? [];
}

function applyMerges(start: string[], ranks: ReadonlyMap<string, number>): string[] {
  let pieces = start;
  while (true) {
    let best = Infinity;
    let at = 0;
    for (let i = 1; i < pieces.length; i++) {
      const rank = ranks.get(`${pieces[i - 1]} ${pieces[i]}`) ?? Infinity;
      if (rank < best) {
        best = rank;
        at = i;
      }
    }
    if (best === Infinity) return pieces;
    pieces = mergePair(pieces, pieces[at - 1]!, pieces[at]!);
  }
}

function idsOfPiece(piece: string, ids: ReadonlyMap<string, number>): number[] {
  const id = ids.get(piece);
  return id === undefined ? [...Buffer.from(piece, 'utf8')].map((byte) => ids.get(bytePiece(byte))!) : [id];
}

function decodePieces(tokens: readonly number[], pieces: readonly string[]): string {
  const bytes = tokens
    .filter((id) => id >= SPECIAL_PIECES.length)
    .flatMap((id) => {
      const piece = pieces[id] ?? '';
      const byte = /^<0x([0-9A-F]{2})>$/.exec(piece)?.[1];
      return byte === undefined
        ? [...Buffer.from(piece.replaceAll(BLANK, ' '), 'utf8')]
        : [Number.parseInt(byte, 16)];
    });
  const text = Buffer.from(bytes).toString('utf8');
  return text.startsWith(' ') ? text.slice(1) : text;
}
