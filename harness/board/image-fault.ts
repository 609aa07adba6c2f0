import type { ImageFault } from './log-event.js';
import type { LogLine } from './log-line.js';

/** The ESP32 ROM's own refusals; it has no log prefix. */
const romRefusals: readonly (readonly [RegExp, ImageFault])[] = [
  [/^invalid header: 0x[0-9a-f]{8}/, 'invalid-header'],
  [/^flash read err, /, 'flash-read'],
  [/^csum err:0x[0-9a-f]+!=0x[0-9a-f]+/, 'checksum'],
];

/** Error lines of the second-stage bootloader by tag, as ESP-IDF's components/bootloader_support words them. */
const bootloaderRefusals: readonly (readonly [string, RegExp, ImageFault])[] = [
  ['esp_image', /has invalid magic byte/, 'magic'],
  ['esp_image', /^Checksum failed/, 'checksum'],
  ['esp_image', /^Image hash failed/, 'hash'],
  ['esp_image', /bootloader_flash_read failed/, 'flash-read'],
  ['esp_image', /./, 'malformed-image'],
  [
    'boot_comm',
    /mismatch chip ID|chip revision check failed|[Rr]equires (?:chip|efuse blk) rev/,
    'wrong-chip',
  ],
  ['flash_parts', /./, 'partition-table'],
  ['boot', /is not bootable|No bootable/, 'not-bootable'],
  ['boot', /partition table/i, 'partition-table'],
];

/** Which refusal a line without log prefix is; undefined when it is none. */
export function romImageFault(text: string): ImageFault | undefined {
  return romRefusals.find(([pattern]) => pattern.test(text))?.[1];
}

/** Which refusal a log line is; undefined when it is none. */
export function bootloaderImageFault(line: LogLine): ImageFault | undefined {
  if (line.level !== 'E') return undefined;
  const found = bootloaderRefusals.find(([tag, pattern]) => tag === line.tag && pattern.test(line.message));
  return found?.[2];
}
