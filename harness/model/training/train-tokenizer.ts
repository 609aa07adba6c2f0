/** A learned byte-pair encoding with Llama's layout of ids; see `trainTokenizer`. */
export interface BytePairModel {
  /** Piece of each id: specials, 256 byte tokens, single characters, then merged pieces in the order they were learned. */
  readonly pieces: readonly string[];
  /** Pairs of pieces, best first. */
  readonly merges: readonly (readonly [left: string, right: string])[];
}

export const SPECIAL_PIECES = ['<unk>', '<s>', '</s>'] as const;
export const UNKNOWN_ID = 0;
export const BEGIN_ID = 1;
export const END_ID = 2;

/** What stands for a blank inside pieces (SentencePiece's U+2581). */
export const BLANK = '▁';

/** The piece of a byte, such as `<0x0A>`. */
export function bytePiece(byte: number): string {
  return `<0x${byte.toString(16).toUpperCase().padStart(2, '0')}>`;
}

interface Word {
  pieces: string[];
  readonly count: number;
}

/**
 * Learns a byte-pair encoding of exactly `vocabSize` pieces: at each step the commonest neighbouring pair becomes a piece
 * (Sennrich et al. 2016); of equally common pairs the first in code-unit order. Pairs never cross a word's border: a word is
 * a run of letters with the blank before it, and any other character stands alone.
 *
 * @throws RangeError when the texts hold too few different pairs, or too many characters, for that size.
 */
export function trainTokenizer(texts: Iterable<string>, vocabSize: number): BytePairModel {
  const words = countWords(texts);
  const pieces = [
    ...SPECIAL_PIECES,
    ...Array.from({ length: 256 }, (_, byte) => bytePiece(byte)),
    ...alphabet(words),
  ];
  const merges: [string, string][] = [];
  if (pieces.length > vocabSize) {
    throw new RangeError(
      `a vocabulary of ${vocabSize} is too small: bytes and characters alone take ${pieces.length}`,
    );
  }
  const known = new Set(pieces);
  while (pieces.length < vocabSize) {
    const [left, right] = commonestPair(words, vocabSize);
    for (const word of words) word.pieces = mergePair(word.pieces, left, right);
    merges.push([left, right]);
    if (!known.has(left + right)) {
      known.add(left + right);
      pieces.push(left + right);
    }
  }
  return { pieces, merges };
}

/** Text as the encoding sees it: a blank in front, every blank visible. */
export function normalize(text: string): string {
  return BLANK + text.replaceAll(' ', BLANK);
}

function countWords(texts: Iterable<string>): Word[] {
  const counts = new Map<string, number>();
  for (const text of texts) {
    for (const [word] of normalize(text).matchAll(/▁?\p{L}+|▁?[^\p{L}]/gu)) {
      counts.set(word, (counts.get(word) ?? 0) + 1);
    }
  }
  return [...counts].map(([word, count]) => ({ pieces: Array.from(word), count }));
}

function alphabet(words: readonly Word[]): string[] {
  return [...new Set(words.flatMap((word) => word.pieces))].sort(byCodeUnits);
}

function commonestPair(words: readonly Word[], vocabSize: number): [string, string] {
  const counts = new Map<string, number>();
  for (const { pieces, count } of words) {
    for (let i = 1; i < pieces.length; i++) {
      const pair = `${pieces[i - 1]} ${pieces[i]}`;
      counts.set(pair, (counts.get(pair) ?? 0) + count);
    }
  }
  const best = [...counts].sort(([a, m], [b, n]) => n - m || byCodeUnits(a, b))[0];
  if (best === undefined)
    throw new RangeError(`the texts hold too few different words for ${vocabSize} pieces`);
  return best[0].split(' ') as [string, string];
}

/** All occurrences of the pair joined, from the left. */
export function mergePair(pieces: readonly string[], left: string, right: string): string[] {
  const merged: string[] = [];
  for (let i = 0; i < pieces.length; i++) {
    if (pieces[i] === left && pieces[i + 1] === right) {
      merged.push(left + right);
      i++;
    } else {
      merged.push(pieces[i] as string);
    }
  }
  return merged;
}

function byCodeUnits(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
