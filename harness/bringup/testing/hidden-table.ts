import { type CostTable, loadCostTable } from '../../virtual/cost-table.js';
import { type EntryName, withEntries } from '../cost-entries.js';

/** Numbers in 0 .. 1 (mulberry32): the same from the same seed, everywhere. */
export function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Facts that hang together (a threshold fits its FIFO, the stack fits the firmware), and no times: left as they are. */
const left: ReadonlySet<EntryName> = new Set([
  'memory.appTaskStackBytes',
  'memory.internalHeapUpperBytes',
  'memory.psramSystemBytes',
  'uart.rxFifoBytes',
  'uart.rxRingBytes',
  'uart.rxFullThresholdBytes',
  'uart.rxIdleSymbols',
]);

/** Memories come in whole 64 KB. */
const memoryStepBytes = 65_536;

/** The packaged table with every other figure scaled by 0.5 to 2, each by its own factor. */
export function hiddenTable(seed: number): CostTable {
  const random = seeded(seed);
  return withEntries(loadCostTable(), (name, old) => {
    const value = old.value * 2 ** (2 * random() - 1);
    return left.has(name) ? old : { ...old, value: rounded(name, value) };
  });
}

function rounded(name: EntryName, value: number): number {
  if (name === 'memory.internalHeapBytes' || name === 'memory.psramBytes')
    return Math.round(value / memoryStepBytes) * memoryStepBytes;
  return name.endsWith('Bytes') ? Math.round(value) : value;
}
