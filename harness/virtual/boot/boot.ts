import { readBootloaderDescriptor } from '../../image/bootloader-descriptor.js';
import { type ReadImage, readImage } from '../../image/read-image.js';
import type { FlashChip } from '../flash-chip.js';
import { type BootLine, BootLog } from './log.js';
import { type ResetReason, romText } from './messages.js';
import { type BootedApp, type BootWrite, runSecondStage } from './second-stage.js';

export interface BootReset {
  readonly reason: ResetReason;
  /** Of the chip, major * 100 + minor; its mask ROM words things by it. Default 301. */
  readonly revision?: number;
}

export interface BootResult {
  readonly log: readonly BootLine[];
  /** When the app's first instruction runs, or when nothing more happens: microseconds since the reset. */
  readonly readyUs: number;
  /** Present when an app starts. */
  readonly app?: BootedApp;
  /** What the bootloader writes to flash meanwhile; `log` and `readyUs` have the time that it takes. */
  readonly write?: BootWrite;
  /** Why nothing starts, in one line for people. Present when `app` is absent. */
  readonly haltedBecause?: string;
  /** Present when nothing starts: the chip resets itself at `readyUs`, for this reason, and tries again. */
  readonly resetsAgain?: ResetReason;
}

const bootloaderOffset = 0x1000;
const partitionTableOffset = 0x8000;
/**
 * The ROM prints `invalid header` about eight times before its watchdog bites, a third of a second after the reset
 * (0.31 to 0.36 s between resets in boot loops that people have posted with host time stamps).
 */
const headerAttempts = 8;
const romWatchdogUs = 350_000;

/** Boots what lies in flash, as mask ROM and ESP-IDF's second stage do. Pure: no clock, no output, no change of flash. */
export function bootFromFlash(flash: FlashChip, reset: BootReset): BootResult {
  const revision = reset.revision ?? 301;
  const log = new BootLog(flash.times.readUsPerByte);
  log.print(...romText.banner(revision), romText.flashBoot(reset.reason));
  const image = readImage(flash.read(bootloaderOffset, partitionTableOffset - bootloaderOffset));
  if ('fault' in image) return haltOnHeader(flash, log, revision);
  const fault = loadBootloader(image, log, revision);
  if (fault !== undefined) return haltInRom(log, fault);
  const descriptor = image.segments[0] && readBootloaderDescriptor(image.segments[0].data);
  const second = runSecondStage({ flash, log, revision, header: image.header, descriptor });
  if ('app' in second) return { log: log.lines, readyUs: Math.round(log.nowUs), ...second };
  // The second stage resets by itself, a millisecond after its last word (bootloader_reset).
  log.wait(1000);
  return {
    log: log.lines,
    readyUs: Math.round(log.nowUs),
    haltedBecause: second.failure,
    resetsAgain: 'software',
  };
}

/** What the mask ROM prints when IO0 is low at reset. */
export function downloadModeLog(reset: BootReset): readonly BootLine[] {
  const log = new BootLog();
  log.print(...romText.banner(reset.revision ?? 301), ...romText.downloadBoot(reset.reason));
  return log.lines;
}

function loadBootloader(image: ReadImage, log: BootLog, revision: number): string | undefined {
  const { header, segments, checksum } = image;
  const clockDividers = { '80m': 1, '40m': 2, '26m': 3, '20m': 4 };
  log.print(...romText.spiSettings(header.flashMode, clockDividers[header.flashFrequency]));
  for (const { loadAddress, data } of segments) {
    log.print(romText.load(loadAddress, data.length));
    log.readFlash(data.length);
  }
  if (checksum.computed !== checksum.stored) {
    log.print(...romText.checksum(revision, checksum.computed, checksum.stored));
    return 'the bootloader at 0x1000 is corrupt: its checksum does not match';
  }
  log.print(romText.entry(header.entryAddress));
  return undefined;
}

function haltOnHeader(flash: FlashChip, log: BootLog, revision: number): BootResult {
  const bytes = flash.read(bootloaderOffset, 4);
  const word = new DataView(bytes.buffer).getUint32(0, true);
  const pauseUs = (romWatchdogUs - log.nowUs) / headerAttempts;
  // The older ROM gives up after one message and waits for the watchdog.
  const attempts = revision >= 300 ? headerAttempts : 1;
  for (let attempt = 0; attempt < attempts; attempt++) {
    const before = log.nowUs;
    log.print(...romText.badHeader(revision, word));
    log.wait(Math.max(0, pauseUs - (log.nowUs - before)));
  }
  const what = word === 0xffffffff ? 'flash is blank at 0x1000' : 'no bootloader image at 0x1000';
  return haltInRom(log, what);
}

function haltInRom(log: BootLog, haltedBecause: string): BootResult {
  const readyUs = Math.max(romWatchdogUs, Math.round(log.nowUs));
  return { log: log.lines, readyUs, haltedBecause, resetsAgain: 'watchdog' };
}
