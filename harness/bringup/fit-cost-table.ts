import type { CostSettings } from '../virtual/cost-model.js';
import type { CostTable } from '../virtual/cost-table.js';
import type { Observations } from './bringup-record.js';
import { type EntryName, entriesOf, withEntries } from './cost-entries.js';
import { type CardFit, fitCard, inferWiring } from './fit-card.js';
import { fitKernels, type KernelFit } from './fit-kernels.js';
import { fitWrites } from './fit-writes.js';
import { whyKept } from './why-kept.js';

export interface FitProvenance {
  readonly mac: string;
  /** ISO date. */
  readonly date: string;
  /** How the board is wired, when somebody says so; otherwise it is inferred from the card's rates. */
  readonly wiring?: CostSettings;
}

export interface FittedEntry {
  readonly name: EntryName;
  readonly unit: string;
  readonly base: number;
  readonly value: number;
  readonly measured: boolean;
  /** What the figure rests on, or why it could not be measured. */
  readonly note: string;
}

export interface CostFit {
  readonly table: CostTable;
  readonly entries: readonly FittedEntry[];
  readonly wiring: CostSettings;
  readonly kernels?: KernelFit;
  readonly card?: CardFit;
}

/** A figure and what it rests on. */
interface Finding {
  readonly value: number;
  readonly note: string;
}

type Findings = Map<EntryName, Finding>;

/**
 * This board's own cost table from what was measured. Pure. Figures that nothing on the board depends on, or that only
 * occur together with another one, keep `base`'s value, and their source says so.
 */
export function fitCostTable(seen: Observations, base: CostTable, origin: FitProvenance): CostFit {
  const kernels = fitKernels(seen.kernels);
  const card = fitCard(seen.card);
  const wiring = origin.wiring ?? inferWiring(card);
  const findings: Findings = new Map();
  addKernels(findings, kernels, base.cpuMhz.value);
  addCard(findings, card, wiring, base);
  addTimes(findings, seen);
  const entries = entriesOf(base).map(([name, { value, unit }]): FittedEntry => {
    const found = findings.get(name);
    if (found !== undefined && isCredible(found.value))
      return { name, unit, base: value, value: found.value, measured: true, note: found.note };
    return { name, unit, base: value, value, measured: false, note: whyKept(name, wiring, found?.value) };
  });
  const table = { ...makeTable(base, entries, origin), board: `${base.board} ${origin.mac}` };
  return {
    table,
    entries,
    wiring,
    ...(kernels === undefined ? {} : { kernels }),
    ...(card === undefined ? {} : { card }),
  };
}

function makeTable(
  base: CostTable,
  entries: readonly FittedEntry[],
  { mac, date }: FitProvenance,
): CostTable {
  const byName = new Map(entries.map((entry) => [entry.name, entry]));
  return withEntries(base, (name, old) => {
    const { value, measured, note } = byName.get(name)!;
    const source = measured
      ? `measured on ${mac} at ${date} by bringup: ${note}`
      : `not measured by bringup on ${mac} (${note}); ${old.source}`;
    return { ...old, value, source };
  });
}

const kernelEntries = [
  ['dot', 'kernels.float32Dot'],
  ['elementwise', 'kernels.float32Elementwise'],
  ['exp', 'kernels.exp'],
  ['crc', 'kernels.crc'],
  ['rmsnorm', 'kernels.rmsNorm'],
] as const;

function addKernels(findings: Findings, fit: KernelFit | undefined, cpuMhz: number): void {
  if (fit === undefined) return;
  const note = `cycles at the ${cpuMhz} MHz of cpuMhz`;
  for (const [kernel, entry] of kernelEntries) {
    const cost = fit.kernels.get(kernel);
    if (cost !== undefined) findings.set(entry, { value: cost.unitUs * cpuMhz, note });
  }
  if (fit.psramByteUs !== undefined)
    findings.set('memory.psramBandwidth', {
      value: 1 / fit.psramByteUs,
      note: 'reads, all kernels together',
    });
}

function addCard(findings: Findings, fit: CardFit | undefined, wiring: CostSettings, base: CostTable): void {
  if (fit === undefined) return;
  const sequential = wiring.cardMode === '4-bit' ? 'card.sequentialFourBit' : 'card.sequentialOneBit';
  findings.set(sequential, { value: 1 / fit.byteUs, note: `into internal RAM, ${wiring.cardMode}` });
  addIntoPsram(findings, fit, wiring);
  if (wiring.fastSeek) findings.set('card.seekUs', { value: fit.seekUs, note: 'with the link map' });
  else {
    const { seekUs, chainWalkUs } = base.card;
    const share = seekUs.value / (seekUs.value + chainWalkUs.value);
    const note = 'only the sum of seekUs and chainWalkUs shows; it is shared out as before';
    findings.set('card.seekUs', { value: fit.seekUs * share, note });
    findings.set('card.chainWalkUs', { value: fit.seekUs * (1 - share), note });
  }
}

function addIntoPsram(findings: Findings, { byteUs, psramByteUs }: CardFit, wiring: CostSettings): void {
  if (psramByteUs === undefined) return;
  if (wiring.bounceBuffer) {
    const note = 'what reads into PSRAM take more than into internal RAM';
    findings.set('memory.copyToPsramBandwidth', { value: 1 / psramByteUs, note });
  } else {
    findings.set('card.directToPsram', { value: 1 / (byteUs + psramByteUs), note: 'no bounce buffer' });
  }
}

function addTimes(findings: Findings, seen: Observations): void {
  const add = (name: EntryName, value: number | undefined, note: string): void => {
    if (value !== undefined) findings.set(name, { value, note });
  };
  add('card.mountUs', seen.mount_us, 'one mount');
  add('card.openUs', seen.open_us, 'one file opened and closed');
  add('uart.readCallUs', seen.poll_us, 'one read that finds nothing');
  add('memory.internalHeapBytes', seen.heap_bytes, 'as the firmware reports it');
  add('memory.psramBytes', seen.psram_bytes, 'as the firmware reports it');
  const writes = fitWrites(seen.writes);
  if (writes !== undefined)
    add('uart.txFifoBytes', Math.round(writes.fifoBytes), 'what output does not wait for');
}

function isCredible(value: number): boolean {
  return Number.isFinite(value) && value > 0;
}
