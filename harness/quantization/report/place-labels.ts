/** A rectangle in a picture's units; y grows downwards. */
export interface Box {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

export interface LabelledPoint {
  readonly x: number;
  readonly y: number;
  readonly label: string;
  /** How far its mark goes to either side; several marks together go further. Default: `MARK`. */
  readonly reach?: { readonly x: number; readonly y: number };
}

export interface PlacedLabel {
  readonly box: Box;
  /** A line from the point is needed: the label is not beside it. */
  readonly leader: boolean;
}

/** About the width of a character of the labels' 12 px. */
export const CHARACTER = 6.7;
/** Height of their line. */
export const LINE = 14;
/** From the middle of a mark to its edge. */
export const MARK = 6;
/** How far from its point a label is looked for, nearest first. */
const DISTANCES = [0, 12, 24, 36, 50, 66, 84, 104];
const DIRECTIONS = [
  [1, 0],
  [-1, 0],
  [0, -1],
  [0, 1],
  [1, -1],
  [-1, -1],
  [1, 1],
  [-1, 1],
] as const;

/**
 * Places for labels beside their points where they cover neither another label nor a point, nor what is `taken`, and stay inside `area`. Each is the nearest that is
 * free, in the order of the points; without any it is the one with the least overlap.
 */
export function placeLabels(
  points: readonly LabelledPoint[],
  area: Box,
  taken: readonly Box[] = [],
): PlacedLabel[] {
  const marks = points.map((point) => {
    const reach = reachOf(point);
    return { left: point.x - reach.x, top: point.y - reach.y, width: 2 * reach.x, height: 2 * reach.y };
  });
  const placed: Box[] = [];
  return points.map((point) => {
    const obstacles = [...taken, ...marks, ...placed];
    const candidates = candidatesOf(point).filter(({ box }) => inside(box, area));
    const costs = candidates.map((candidate) => ({ ...candidate, cost: overlap(candidate.box, obstacles) }));
    const best = costs.find(({ cost }) => cost === 0) ?? costs.toSorted((a, b) => a.cost - b.cost)[0];
    const { box, leader } = best ?? { box: boxAt(point, 1, 0, 0), leader: false };
    placed.push(box);
    return { box, leader };
  });
}

function candidatesOf(point: LabelledPoint): PlacedLabel[] {
  return DISTANCES.flatMap((distance) =>
    DIRECTIONS.map(([dx, dy]) => ({ box: boxAt(point, dx, dy, distance), leader: distance > 0 })),
  );
}

function reachOf({ reach = { x: MARK, y: MARK } }: LabelledPoint): {
  readonly x: number;
  readonly y: number;
} {
  return reach;
}

function boxAt(point: LabelledPoint, dx: number, dy: number, distance: number): Box {
  const { x, y, label } = point;
  const reach = reachOf(point);
  const width = label.length * CHARACTER;
  const away = reach.x + 2 + distance;
  const left = dx > 0 ? x + away : dx < 0 ? x - away - width : x - width / 2;
  const middle = y + dy * (dx === 0 ? reach.y + 2 + distance + LINE / 2 : Math.max(LINE * 0.8, distance));
  return { left, top: middle - LINE / 2, width, height: LINE };
}

function inside(box: Box, area: Box): boolean {
  return (
    box.left >= area.left &&
    box.top >= area.top &&
    box.left + box.width <= area.left + area.width &&
    box.top + box.height <= area.top + area.height
  );
}

/** The area that is covered, in square units. */
export function overlap(box: Box, others: readonly Box[]): number {
  return others.reduce((sum, other) => {
    const width = Math.min(box.left + box.width, other.left + other.width) - Math.max(box.left, other.left);
    const height = Math.min(box.top + box.height, other.top + other.height) - Math.max(box.top, other.top);
    return width > 0 && height > 0 ? sum + width * height : sum;
  }, 0);
}
