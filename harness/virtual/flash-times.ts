import { type CostTable, loadCostTable } from './cost-table.js';

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

/** Those of the default cost table, read once. */
export function standardFlashTimes(): FlashTimes {
  standard ??= flashTimesOf(loadCostTable());
  return standard;
}
