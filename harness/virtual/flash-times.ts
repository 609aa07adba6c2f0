import { readFileSync } from 'node:fs';
import type { CostTable } from './cost-table.js';
import { defaultCostTablePath } from './default-cost-table.js';

/** How long a flash chip takes, in microseconds. */
export interface FlashTimes {
  readonly pageProgramUs: number;
  readonly sectorEraseUs: number;
  readonly blockEraseUs: number;
  readonly chipEraseUs: number;
  readonly readUsPerByte: number;
  /** The loader's MD5, reading included. */
  readonly md5UsPerByte: number;
}

export function flashTimesOf({ cpuMhz, flash }: CostTable): FlashTimes {
  const readUsPerByte = 1 / flash.readBandwidth.value;
  return {
    pageProgramUs: flash.pageProgramUs.value,
    sectorEraseUs: flash.sectorEraseUs.value,
    blockEraseUs: flash.blockEraseUs.value,
    chipEraseUs: flash.chipEraseUs.value,
    readUsPerByte,
    md5UsPerByte: readUsPerByte + flash.md5.value / cpuMhz.value,
  };
}

let standard: FlashTimes | undefined;

/** Those of the packaged cost table, read once. Its schema stays outside: it would cost the thread of every board 5 MB. */
export function standardFlashTimes(): FlashTimes {
  standard ??= flashTimesOf(JSON.parse(readFileSync(defaultCostTablePath, 'utf8')) as CostTable);
  return standard;
}
