import type { CostTable } from './cost-table.js';
import type { Region } from './memory-map.js';

/** How this board is wired and configured, as far as it changes what things cost. */
export interface CostSettings {
  readonly cardMode: '1-bit' | '4-bit';
  /** Card reads into PSRAM go through a buffer in internal RAM that DMA can reach. */
  readonly bounceBuffer: boolean;
  /** FatFs's map of a file's clusters (`CONFIG_FATFS_USE_FASTSEEK`). */
  readonly fastSeek: boolean;
}

export interface CardReadShape {
  readonly bytes: number;
  /** The read starts where the card's previous read ended. */
  readonly contiguous: boolean;
  readonly destination: Region;
}

/** Kernels of firmware/ports/wasm/ABI.md by their number. */
const kernelNames = [
  'float32Dot',
  'float32Elementwise',
  'exp',
  'crc',
  'rmsNorm',
  'float16Dot',
  'bfloat16Dot',
  'int8Dot',
  'int4Dot',
  'int2Dot',
  'ternaryDot',
  'ternary2BitDot',
  'binaryDot',
  'quantize',
  'screenBound',
  'copy',
] as const satisfies readonly (keyof CostTable['kernels'])[];

/** The kernel that says which bytes were written: `count` of them. */
export const copyKernel = kernelNames.indexOf('copy');

/**
 * Microseconds of `count` units of a kernel that streamed `bytes` bytes from `region`: the core's cycles, plus the
 * bytes at that memory's bandwidth, since an in-order core waits for its cache. Internal RAM costs nothing on top.
 *
 * @throws RangeError for a kernel that ABI.md does not have, or an amount that is no count.
 */
export function workUs(
  table: CostTable,
  kernel: number,
  count: number,
  region: Region,
  bytes: number,
): number {
  const name = kernelNames[kernel];
  if (name === undefined) throw new RangeError(`work: there is no kernel ${kernel}`);
  const cycles = count * table.kernels[name].value;
  return cycles / table.cpuMhz.value + streamUs(table, region, bytes);
}

/** Microseconds for which the bus that PSRAM and flash share carries `bytes` bytes of a memory; 0 for internal RAM. */
export function streamUs(table: CostTable, region: Region, bytes: number): number {
  if (region === 'psram') return bytes / table.memory.psramBandwidth.value;
  if (region === 'flash') return bytes / table.memory.flashBandwidth.value;
  return 0;
}

/**
 * Microseconds of one card request. Into internal RAM it runs at the card's sequential rate; into PSRAM it is
 * either copied on from a bounce buffer (read and copy take turns) or crawls, since DMA cannot reach PSRAM.
 */
export function cardReadUs(table: CostTable, settings: CostSettings, read: CardReadShape): number {
  return (read.contiguous ? 0 : seekUs(table, settings)) + transferUs(table, settings, read);
}

/**
 * Microseconds of one card write out of internal RAM: as a read of the same shape. No measured figure for writing was
 * found; cards of class 10 promise 10 MB/s, more than the bus of either mode carries.
 */
export function cardWriteUs(
  table: CostTable,
  settings: CostSettings,
  write: Omit<CardReadShape, 'destination'>,
): number {
  return cardReadUs(table, settings, { ...write, destination: 'internal' });
}

function seekUs(table: CostTable, settings: CostSettings): number {
  return table.card.seekUs.value + (settings.fastSeek ? 0 : table.card.chainWalkUs.value);
}

function transferUs(table: CostTable, settings: CostSettings, read: CardReadShape): number {
  const { card, memory } = table;
  const intoPsram = read.destination === 'psram';
  if (intoPsram && !settings.bounceBuffer) return read.bytes / card.directToPsram.value;
  const rate = settings.cardMode === '4-bit' ? card.sequentialFourBit.value : card.sequentialOneBit.value;
  return read.bytes / rate + (intoPsram ? read.bytes / memory.copyToPsramBandwidth.value : 0);
}
