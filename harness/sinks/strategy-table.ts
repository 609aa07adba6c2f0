import type { Bound } from '../results/physical-bound.js';
import { formatQuantity } from '../results/quantity.js';
import { type Column, plainTable } from './plain-table.js';
import { type NamedRun, type StrategyFacts, strategyFacts } from './strategy-facts.js';

const right = (head: string): Column => ({ head, align: 'right' });

const COLUMNS: readonly Column[] = [
  { head: 'run' },
  right('decode'),
  right('bound'),
  right('of it'),
  right('x seed'),
  right('first token'),
  right('bound'),
  right('of it'),
  right('reads'),
  right('seeks'),
  right('SD bytes'),
  right('peak PSRAM'),
  right('rows: mean'),
  right('max'),
  right('load'),
  right('to flash'),
  right('= reference'),
];

/** Strategies side by side: what each achieved, the bound that physics sets, and the ratio to `seed` on the same model, format and card. */
export function strategyTable(runs: readonly NamedRun[]): string {
  const facts = runs.map(strategyFacts);
  const table = plainTable(
    COLUMNS,
    facts.map((one) => row(one, baselineOf(one, facts))),
  );
  return `${[table, ...NOTES, clockNote(facts)].filter((part) => part !== '').join('\n')}\n`;
}

const NOTES = [
  'reads, seeks and SD bytes are of a decoded token; rows are those of the head computed exactly for one (all, without a screen)',
  'bound: the weights that a pass moves, over the bandwidth of the card (c) or of the bus of PSRAM and flash (b), whichever takes longer',
];

/**
 * What a run claims beyond what physics allows, as one line; undefined when all is possible. A decode rate above its bound, or a first token before it,
 * means that the model forgot to charge something.
 */
export function beyondPhysics(run: NamedRun): string | undefined {
  const { decodeRate, decodeBound, firstTokenUs, firstTokenBound } = strategyFacts(run);
  if (decodeRate !== undefined && decodeBound !== undefined && 1e6 / decodeRate < decodeBound.us)
    return `${run.name}: a token takes ${formatQuantity(1e6 / decodeRate, 'us')}, less than the ${formatQuantity(decodeBound.us, 'us')} in which its weights can be moved`;
  if (firstTokenUs !== undefined && firstTokenBound !== undefined && firstTokenUs < firstTokenBound.us)
    return `${run.name}: the first token takes ${formatQuantity(firstTokenUs, 'us')}, less than the ${formatQuantity(firstTokenBound.us, 'us')} in which its weights can be moved`;
  return undefined;
}

/** How many times faster than `seed` a run decodes; undefined without a fitting run of `seed`. */
export function speedup(run: NamedRun, runs: readonly NamedRun[]): number | undefined {
  const facts = runs.map(strategyFacts);
  return ratioTo(strategyFacts(run), baselineOf(strategyFacts(run), facts));
}

function baselineOf(one: StrategyFacts, all: readonly StrategyFacts[]): StrategyFacts | undefined {
  return all.find(
    (other) =>
      other.strategy === 'seed' &&
      other.model === one.model &&
      other.format === one.format &&
      other.cardMode === one.cardMode &&
      other.bounceBuffer,
  );
}

function ratioTo(one: StrategyFacts, baseline: StrategyFacts | undefined): number | undefined {
  if (one.decodeRate === undefined || baseline?.decodeRate === undefined) return undefined;
  return one.decodeRate / baseline.decodeRate;
}

function row(one: StrategyFacts, baseline: StrategyFacts | undefined): string[] {
  const decodeBoundRate = one.decodeBound === undefined ? undefined : 1e6 / one.decodeBound.us;
  const ratio = ratioTo(one, baseline);
  return [
    one.name,
    quantity(one.decodeRate, 'tokens/s'),
    bounded(decodeBoundRate, 'tokens/s', one.decodeBound),
    share(one.decodeRate, decodeBoundRate),
    ratio === undefined ? '' : `${ratio.toFixed(ratio < 10 ? 2 : 1)}x`,
    quantity(one.firstTokenUs, 'us'),
    bounded(one.firstTokenBound?.us, 'us', one.firstTokenBound),
    share(one.firstTokenBound?.us, one.firstTokenUs),
    quantity(one.reads, 'count'),
    quantity(one.seeks, 'count'),
    quantity(one.cardBytes, 'bytes'),
    quantity(one.psramPeak, 'bytes'),
    quantity(one.exactRows, 'count'),
    quantity(one.exactRowsMax, 'count'),
    quantity(one.loadUs, 'us'),
    quantity(one.flashedBytes, 'bytes'),
    `${one.tokensEqual} of ${one.tokensTotal}`,
  ];
}

function bounded(value: number | undefined, unit: string, bound: Bound | undefined): string {
  return value === undefined || bound === undefined || !Number.isFinite(value)
    ? ''
    : `${quantity(value, unit)} ${bound.by === 'card' ? 'c' : 'b'}`;
}

function share(part: number | undefined, whole: number | undefined): string {
  if (part === undefined || whole === undefined || !(whole > 0) || !Number.isFinite(whole)) return '';
  return `${Math.round((100 * part) / whole)}%`;
}

function quantity(value: number | undefined, unit: string): string {
  return value === undefined ? '' : formatQuantity(value, unit);
}

function clockNote(facts: readonly StrategyFacts[]): string {
  return facts.some((one) => one.clock === 'modelled')
    ? 'clock: modelled (times come from the cost table, not from hardware)'
    : '';
}
