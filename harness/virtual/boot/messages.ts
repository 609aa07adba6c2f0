import type { Partition, PartitionTableFault } from '../../image/partition-table.js';
import type { ImageFault } from '../../image/read-image.js';

/** Why the chip started. */
export type ResetReason = 'poweron' | 'software' | 'panic' | 'watchdog' | 'brownout';

/**
 * The mask ROM's words for a reset. EN and power look alike to the chip. `software` and `panic` are a reset by the
 * CPU; `watchdog` is the RTC watchdog that also guards the boot. Numbers: ESP-IDF `esp32/rom/rtc.h`, RESET_REASON.
 */
const resetWords: Readonly<Record<ResetReason, string>> = {
  poweron: '0x1 (POWERON_RESET)',
  software: '0xc (SW_CPU_RESET)',
  panic: '0xc (SW_CPU_RESET)',
  watchdog: '0x10 (RTCWDT_RTC_RESET)',
  brownout: '0xf (RTCWDT_BROWN_OUT_RESET)',
};

/** Lines of the mask ROM; the ROM of revision 3 differs in date and in what it says of a bad header. */
export const romText = {
  banner: (revision: number): string[] => [
    revision >= 300 ? 'ets Jul 29 2019 12:21:46' : 'ets Jun  8 2016 00:22:57',
    '',
  ],
  flashBoot: (reason: ResetReason): string => `rst:${resetWords[reason]},boot:0x13 (SPI_FAST_FLASH_BOOT)`,
  downloadBoot: (reason: ResetReason): string[] => [
    `rst:${resetWords[reason]},boot:0x3 (DOWNLOAD_BOOT(UART0/UART1/SDIO_REI_REO_V2))`,
    'waiting for download',
  ],
  badHeader: (revision: number, firstWord: number): string[] =>
    revision >= 300 ? [`invalid header: ${hex(firstWord)}`] : ['flash read err, 1000', 'ets_main.c 371 '],
  spiSettings: (mode: string, clockDivider: number): string[] => [
    'configsip: 0, SPIWP:0xee',
    'clk_drv:0x00,q_drv:0x00,d_drv:0x00,cs0_drv:0x00,hd_drv:0x00,wp_drv:0x00',
    `mode:${mode.toUpperCase()}, clock div:${clockDivider}`,
  ],
  load: (address: number, bytes: number): string => `load:${hex(address)},len:${bytes}`,
  checksum: (revision: number, computed: number, stored: number): string[] => [
    `csum err:${hex(computed)}!=${hex(stored)}`,
    `ets_main.c ${revision >= 300 ? 384 : 371} `,
  ],
  entry: (address: number): string => `entry ${hex(address)}`,
} as const;

/** What ESP-IDF's `flash_parts` says of a partition table that does not hold. */
export function partitionTableError(fault: PartitionTableFault, flashBytes: number): string {
  switch (fault.kind) {
    case 'entry-magic':
      return `partition ${fault.index} invalid magic number ${hex(fault.magic)}`;
    case 'beyond-flash':
      return `partition ${fault.index} invalid - offset ${hex(fault.offset)} size ${hex(fault.sizeBytes)} exceeds flash chip size ${hex(flashBytes)}`;
    case 'second-md5':
      return 'Only one MD5 checksum is allowed';
    case 'md5-mismatch':
      return 'Incorrect MD5 checksum';
    case 'no-end':
      return 'partition table has no terminating entry, not valid';
  }
}

/** What ESP-IDF's `esp_image` says of an image at `offset` that it cannot take apart. */
export function imageFaultError(fault: ImageFault, offset: number, partitionBytes: number): string {
  switch (fault.kind) {
    case 'magic':
      return `image at ${hex(offset)} has invalid magic byte (nothing flashed here?)`;
    case 'segments':
      return `image at ${hex(offset)} segment count ${fault.count} exceeds max 16`;
    case 'segment-length':
      return `invalid segment length ${hex(fault.lengthBytes)}`;
    case 'truncated':
      return `Image length ${fault.neededBytes} doesn't fit in partition length ${partitionBytes}`;
  }
}

/** One row of the table that the bootloader prints. */
export function partitionRow(index: number, { label, type, subtype, offset, sizeBytes }: Partition): string {
  const number = String(index).padStart(2);
  const fields = [
    label.padEnd(16),
    usageOf(type, subtype).padEnd(16),
    hexDigits(type, 2),
    hexDigits(subtype, 2),
    hexDigits(offset, 8),
    hexDigits(sizeBytes, 8),
  ];
  return `${number} ${fields.join(' ')}`;
}

function usageOf(type: number, subtype: number): string {
  if (type === 0) {
    if (subtype === 0) return 'factory app';
    if (subtype === 0x20) return 'test app';
    return (subtype & 0xf0) === 0x10 ? 'OTA app' : 'Unknown app';
  }
  if (type !== 1) return 'unknown';
  const dataUsages: Record<number, string> = {
    0: 'OTA data',
    1: 'RF data',
    2: 'WiFi data',
    4: 'NVS keys',
    5: 'efuse',
  };
  return dataUsages[subtype] ?? 'Unknown data';
}

/** `0x` and as few digits as it takes, as the firmware's printf does. */
export function hex(value: number): string {
  return `0x${value.toString(16)}`;
}

export function hexDigits(value: number, digits: number): string {
  return value.toString(16).padStart(digits, '0');
}
