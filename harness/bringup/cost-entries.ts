import type { CostTable } from '../virtual/cost-table.js';

interface Quantity {
  readonly value: number;
  readonly unit: string;
  readonly source: string;
}

type Dotted<T, Prefix extends string = ''> = {
  [K in keyof T & string]: T[K] extends Quantity
    ? `${Prefix}${K}`
    : T[K] extends object
      ? Dotted<T[K], `${Prefix}${K}.`>
      : never;
}[keyof T & string];

/** Path of one figure of a cost table, such as `card.seekUs`. */
export type EntryName = Dotted<CostTable>;

/** The figures of a table by name, in its own order. */
export function entriesOf(table: CostTable): [EntryName, Quantity][] {
  return walk(table, '').map(([name, quantity]) => [name as EntryName, quantity]);
}

/** A copy of `table` in which `change` replaced figures. */
export function withEntries(
  table: CostTable,
  change: (name: EntryName, quantity: Quantity) => Quantity,
): CostTable {
  const copy = structuredClone(table);
  for (const [name] of entriesOf(table)) {
    const path = name.split('.');
    const last = path.pop()!;
    let parent = copy as unknown as Record<string, unknown>;
    for (const key of path) parent = parent[key] as Record<string, unknown>;
    parent[last] = change(name, parent[last] as Quantity);
  }
  return copy;
}

function walk(node: object, prefix: string): [string, Quantity][] {
  return Object.entries(node).flatMap(([key, value]) => {
    if (typeof value !== 'object' || value === null) return [];
    if ('value' in value) return [[prefix + key, value as Quantity] as [string, Quantity]];
    return walk(value, `${prefix}${key}.`);
  });
}
