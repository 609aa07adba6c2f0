/** How good a point is in two respects. */
export interface Tradeoff {
  /** Less is better, such as bytes. */
  readonly cost: number;
  /** More is better, such as tokens a second. */
  readonly gain: number;
}

/**
 * The points that no other point beats: none costs at most as much and gains at least as much, with one of the two strictly
 * better. In order of cost; of points that are equal in both the first is kept.
 */
export function paretoFront<T extends Tradeoff>(points: readonly T[]): T[] {
  const byCost = points.toSorted((a, b) => a.cost - b.cost || b.gain - a.gain);
  const front: T[] = [];
  for (const point of byCost) {
    const best = front.at(-1);
    if (best === undefined || point.gain > best.gain) front.push(point);
  }
  return front;
}
