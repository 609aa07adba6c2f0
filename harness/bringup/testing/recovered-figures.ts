import type { CostTable } from '../../virtual/cost-table.js';
import { type EntryName, entriesOf } from '../cost-entries.js';
import type { CostFit } from '../fit-cost-table.js';

/** A figure of the board's hidden table against what bring-up made of it. */
export interface RecoveredFigure {
  readonly name: string;
  readonly hidden: number;
  readonly recovered: number;
  readonly relativeError: number;
}

/**
 * What can be told of a hidden table: cycles only over the clock (as nanoseconds), a seek and its chain walk only
 * together, every other measured figure by itself. Figures that the fit kept are not here.
 */
export function recoveredFigures(hidden: CostTable, { table, entries }: CostFit): RecoveredFigure[] {
  const measured = new Set<EntryName>(entries.filter((entry) => entry.measured).map((entry) => entry.name));
  const valueIn = (of: CostTable, name: EntryName): number => new Map(entriesOf(of)).get(name)!.value;
  const chain = measured.has('card.chainWalkUs');
  const figures: RecoveredFigure[] = [];
  const add = (name: string, value: (of: CostTable) => number): void => {
    const [was, is] = [value(hidden), value(table)];
    figures.push({ name, hidden: was, recovered: is, relativeError: Math.abs(is / was - 1) });
  };
  for (const name of measured) {
    if (name.startsWith('kernels.'))
      add(`${name} / cpuMhz (ns)`, (of) => (1000 * valueIn(of, name)) / of.cpuMhz.value);
    else if (chain && (name === 'card.seekUs' || name === 'card.chainWalkUs')) continue;
    else add(name, (of) => valueIn(of, name));
  }
  if (chain) add('card.seekUs + chainWalkUs', ({ card }) => card.seekUs.value + card.chainWalkUs.value);
  return figures;
}
