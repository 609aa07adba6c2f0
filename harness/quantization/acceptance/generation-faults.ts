/** What float32 and a build wrote after one prompt, greedily, without end tokens. */
export interface GeneratedPair {
  readonly base: readonly number[];
  readonly build: readonly number[];
  /** Mean of -ln p a token under the float32 model: of the build's text, and of a text that float32 sampled after the same prompt. */
  readonly buildNats?: number;
  readonly sampledNats?: number;
}

/** The longest piece whose repetition makes a loop, in tokens. */
const LONGEST_PIECE = 16;
/** What the last third must have to be judged: in fewer tokens a refrain is no loop. */
const LEAST_TAIL = 8;
/** Of the mean -ln p: e^1 times less probable, a token. */
const INCOHERENT_NATS = 1;

/** What is wrong with a build's text that is not wrong with float32's (QUANTIZATION.md, "Acceptance"); empty when nothing is. */
export function generationFaults({ base, build, buildNats, sampledNats }: GeneratedPair): string[] {
  const faults: string[] = [];
  const piece = repeatedPiece(build);
  if (piece !== undefined && repeatedPiece(base) === undefined)
    faults.push(`repetition: the last third is a piece of ${piece} tokens over and over`);
  if (buildNats !== undefined && sampledNats !== undefined && !(buildNats - sampledNats <= INCOHERENT_NATS)) {
    const figures = `${buildNats.toFixed(2)} nats a token under float32, its own sampled text ${sampledNats.toFixed(2)}`;
    faults.push(`incoherent: ${figures}`);
  }
  if (build.length === 0 && base.length > 0) faults.push('empty: the end token at once');
  return faults;
}

/** Tokens of the shortest piece, at most 16, of which the last third of a text is made, twice at least; undefined when there is none. */
export function repeatedPiece(tokens: readonly number[]): number | undefined {
  const tail = tokens.slice(tokens.length - Math.floor(tokens.length / 3));
  if (tail.length < LEAST_TAIL) return undefined;
  const longest = Math.min(LONGEST_PIECE, Math.floor(tail.length / 2));
  for (let size = 1; size <= longest; size++) {
    if (tail.every((id, i) => i < size || id === tail[i - size])) return size;
  }
  return undefined;
}
