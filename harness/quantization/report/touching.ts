import type { LabelledPoint } from './place-labels.js';
import { MARK } from './place-labels.js';

/** How near the middles of two marks are, in the picture's units, that a label between them would not say whose it is. */
const NEAR = 11;

/** Points whose marks touch have one label together, the upper one's name first; `x`, `y` are their middle, and `reach` goes around all of them. */
export function touching(points: readonly LabelledPoint[]): LabelledPoint[] {
  const groups: LabelledPoint[][] = [];
  for (const point of points) {
    const near = groups.filter((group) => group.some((one) => areNear(one, point)));
    for (const group of near) groups.splice(groups.indexOf(group), 1);
    groups.push([...near.flat(), point]);
  }
  return groups.map(asOne);
}

function areNear(a: LabelledPoint, b: LabelledPoint): boolean {
  return Math.abs(a.x - b.x) < NEAR && Math.abs(a.y - b.y) < NEAR;
}

function asOne(group: readonly LabelledPoint[]): LabelledPoint {
  if (group.length === 1) return group[0]!;
  const [x, reachX] = middle(group.map((one) => one.x));
  const [y, reachY] = middle(group.map((one) => one.y));
  const labels = group.toSorted((a, b) => a.y - b.y).map(({ label }) => label);
  return { x, y, label: commonLabel(labels), reach: { x: reachX + MARK, y: reachY + MARK } };
}

function middle(values: readonly number[]): [number, number] {
  const [least, most] = [Math.min(...values), Math.max(...values)];
  return [(least + most) / 2, (most - least) / 2];
}

/** `int4: gptq, awq; int3: gptq`: what names begin with is said once. */
export function commonLabel(labels: readonly string[]): string {
  const methods = new Map<string, string[]>();
  for (const label of labels) {
    const [width, ...rest] = label.split('-');
    methods.set(width!, [...(methods.get(width!) ?? []), rest.join('-')]);
  }
  return [...methods].map(([width, names]) => named(width, names)).join('; ');
}

function named(width: string, names: readonly string[]): string {
  if (names.length === 1) return names[0] === '' ? width : `${width}-${names[0]}`;
  return `${width}: ${names.join(', ')}`;
}
