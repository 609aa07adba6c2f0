/** One way to treat one item. */
export interface Choice {
  /** Bytes, not negative. */
  readonly size: number;
  /** What it costs in quality, not negative. */
  readonly cost: number;
}

/** Of each item's choices one, by index, and what they come to. */
export interface Chosen {
  readonly indices: readonly number[];
  readonly size: number;
  readonly cost: number;
}

interface State extends Choice {
  readonly choice: number;
  readonly before: State | undefined;
}

/**
 * One choice for each item so that the costs' sum is the least of all whose sizes sum up to at most `budget`; of equals the smaller. Exact: dynamic
 * programming over the states that no other beats in both size and cost. Undefined when not even the smallest choices fit.
 */
export function cheapestChoice(items: readonly (readonly Choice[])[], budget: number): Chosen | undefined {
  const rest = leastSizes(items);
  let states: State[] = [{ size: 0, cost: 0, choice: -1, before: undefined }];
  for (const [index, choices] of items.entries()) {
    const next = states.flatMap((before) =>
      choices.map(({ size, cost }, choice) => ({
        size: before.size + size,
        cost: before.cost + cost,
        choice,
        before,
      })),
    );
    states = undominated(next.filter(({ size }) => size + rest[index + 1]! <= budget));
  }
  const best = states.at(-1);
  if (best === undefined) return undefined;
  return { indices: indicesOf(best), size: best.size, cost: best.cost };
}

/** What the items from each on take at least. */
function leastSizes(items: readonly (readonly Choice[])[]): number[] {
  const sums = [0];
  for (const choices of items.toReversed())
    sums.push(sums.at(-1)! + Math.min(...choices.map(({ size }) => size)));
  return sums.reverse();
}

/** In growing size, each cheaper than all before it. */
function undominated(states: readonly State[]): State[] {
  const kept: State[] = [];
  for (const state of states.toSorted((a, b) => a.size - b.size || a.cost - b.cost)) {
    if (kept.length === 0 || state.cost < kept.at(-1)!.cost) kept.push(state);
  }
  return kept;
}

function indicesOf(last: State): number[] {
  const indices: number[] = [];
  for (let state = last; state.before !== undefined; state = state.before) indices.push(state.choice);
  return indices.reverse();
}
