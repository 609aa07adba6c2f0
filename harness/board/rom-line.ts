import type { ResetCause } from './log-event.js';

export interface RomBanner {
  readonly resetCode: number;
  readonly resetReason: string;
  readonly cause: ResetCause;
  readonly bootCode: number;
  readonly bootMode: string;
}

const banner = /^rst:0x([0-9a-f]{1,8}) \(([A-Z0-9_?]{1,40})\),boot:0x([0-9a-f]{1,8}) \(([^\n]{1,80}?)\)?$/i;

/** Reads the ESP32 ROM's reset banner; undefined when the line is none. */
export function parseRomBanner(text: string): RomBanner | undefined {
  const match = banner.exec(text.trimEnd());
  if (match === null) return undefined;
  const resetCode = Number.parseInt(match[1]!, 16);
  return {
    resetCode,
    resetReason: match[2]!,
    cause: resetCauses.get(resetCode) ?? 'other',
    bootCode: Number.parseInt(match[3]!, 16),
    bootMode: match[4]!,
  };
}

/** The ESP32's reset codes: `RESET_REASON` in ESP-IDF's esp_rom/esp32/include/esp32/rom/rtc.h. */
const resetCauses: ReadonlyMap<number, ResetCause> = new Map([
  [0x01, 'power-on'],
  [0x03, 'software'],
  [0x04, 'watchdog'],
  [0x05, 'deep-sleep'],
  [0x06, 'external'],
  [0x07, 'watchdog'],
  [0x08, 'watchdog'],
  [0x09, 'watchdog'],
  [0x0b, 'watchdog'],
  [0x0c, 'software'],
  [0x0d, 'watchdog'],
  [0x0e, 'external'],
  [0x0f, 'brownout'],
  [0x10, 'watchdog'],
]);

const chatter = [
  /^ets [A-Z][a-z]{2} {1,2}\d{1,2} \d{4} \d\d:\d\d:\d\d$/,
  /^configsip: \d+, SPIWP:0x[0-9a-f]+$/,
  /^clk_drv:0x[0-9a-f]+,q_drv:/,
  /^mode:(?:DIO|DOUT|QIO|QOUT), clock div:\d+$/,
  /^load:0x[0-9a-f]{8},len:\d+$/,
  /^ho \d+ tail \d+ room \d+$/,
  /^entry 0x[0-9a-f]{8}$/,
  /^ets_main\.c \d+/,
  /^user code done$/,
];

/** Whether the ROM prints this line around its banner. */
export function isRomChatter(text: string): boolean {
  const line = text.trimEnd();
  return chatter.some((pattern) => pattern.test(line));
}
