import type { AppDescriptor } from '../../image/app-descriptor.js';
import { buildIdOf, readAppDescriptor } from '../../image/app-descriptor.js';
import { esp32ChipId, type ImageHeader } from '../../image/app-image.js';
import type { BootloaderDescriptor } from '../../image/bootloader-descriptor.js';
import { type Partition, partitionTableBytes, readPartitionTable } from '../../image/partition-table.js';
import { type ReadImage, readImage } from '../../image/read-image.js';
import { readVirtualApp } from '../../image/virtual-app.js';
import type { FlashChip } from '../flash-chip.js';
import { type AppSlot, type BootChoice, chooseApp } from './app-slots.js';
import type { BootLog } from './log.js';
import { hex, hexDigits, imageFaultError, partitionRow, partitionTableError } from './messages.js';
import { writeOtaSelect } from './ota-data.js';

export interface BootedApp extends AppDescriptor {
  /** The WebAssembly module from the app's DROM segment. */
  readonly wasm: Uint8Array;
  /** Version and short ELF hash. */
  readonly buildId: string;
  /** The partition of that name, when the table has one. */
  readonly weights?: Partition;
}

export interface SecondStage {
  readonly flash: FlashChip;
  readonly log: BootLog;
  readonly revision: number;
  readonly header: ImageHeader;
  readonly descriptor: BootloaderDescriptor | undefined;
}

const partitionTableOffset = 0x8000;

/** A sector that the second stage writes while it boots: erased, then programmed. */
export interface BootWrite {
  readonly offset: number;
  readonly bytes: Uint8Array;
  /** Microseconds since the reset at which the erase begins. */
  readonly atUs: number;
}

/** An app that starts, or why none does. */
export type SecondStageEnd =
  | { readonly app: BootedApp; readonly write?: BootWrite }
  | { readonly failure: string };

/**
 * ESP-IDF's second stage: reads the partition table, chooses among the app slots, verifies an app and starts it.
 * Wording after components/bootloader_support (esp_image_format.c, bootloader_utility.c, flash_partitions.c) of
 * ESP-IDF 5. Writes nothing itself.
 */
export function runSecondStage(stage: SecondStage): SecondStageEnd {
  const { flash, log } = stage;
  printGreeting(stage);
  const table = readPartitionTable(flash.read(partitionTableOffset, partitionTableBytes), flash.bytes);
  if ('fault' in table) {
    const reason = partitionTableError(table.fault, flash.bytes);
    log.error('flash_parts', reason);
    log.error('boot', 'Failed to verify partition table');
    log.error('boot', 'load partition table error!');
    return { failure: `the partition table at 0x8000 is not valid: ${reason}` };
  }
  printPartitions(log, table.partitions);
  const choice = chooseApp(flash, table.partitions, log);
  if (!choice) return { failure: 'the OTA data partition is too small' };
  const end = tryApps(stage, choice);
  const weights = table.partitions.find(({ label }) => label === 'weights');
  return 'app' in end && weights ? { ...end, app: { ...end.app, weights } } : end;
}

function tryApps(stage: SecondStage, { slots, recordAt }: BootChoice): SecondStageEnd {
  const failures: string[] = [];
  for (const slot of slots) {
    const tried = tryApp(stage, slot, recordAt);
    if ('app' in tried) return tried;
    failures.push(tried.failure);
    const name = slot.index < 0 ? 'Factory app partition' : `OTA app partition slot ${slot.index}`;
    stage.log.error('boot', `${name} is not bootable`);
  }
  stage.log.error('boot', 'No bootable app partitions in the partition table');
  return { failure: failures[0] ?? 'no app in the partition table' };
}

function printGreeting({ log, revision, header, descriptor, flash }: SecondStage): void {
  const { idfVersion, dateTime } = descriptor ?? { idfVersion: 'unknown', dateTime: 'unknown' };
  log.info('boot', `ESP-IDF ${idfVersion} 2nd stage bootloader`);
  log.info('boot', `compile time ${dateTime}`);
  log.info('boot', 'Multicore bootloader');
  log.info('boot', `chip revision: ${revisionText(revision)}`);
  log.info('boot.esp32', `SPI Speed      : ${header.flashFrequency.replace('m', 'MHz')}`);
  log.info('boot.esp32', `SPI Mode       : ${header.flashMode.toUpperCase()}`);
  log.info('boot.esp32', `SPI Flash Size : ${flash.bytes >> 20}MB`);
  log.info('boot', 'Enabling RNG early entropy source...');
}

function printPartitions(log: BootLog, partitions: readonly Partition[]): void {
  log.info('boot', 'Partition Table:');
  log.info('boot', '## Label            Usage          Type ST Offset   Length');
  partitions.forEach((partition, index) => {
    log.info('boot', partitionRow(index, partition));
  });
  log.info('boot', 'End of partition table');
}

function tryApp(stage: SecondStage, { index, partition }: AppSlot, recordAt?: number): SecondStageEnd {
  const { flash, log } = stage;
  const { offset, sizeBytes } = partition;
  const image = readImage(flash.read(offset, sizeBytes));
  if ('fault' in image) {
    const reason = imageFaultError(image.fault, offset, sizeBytes);
    log.error('esp_image', reason);
    return { failure: reason };
  }
  const reason = checkChip(stage, image) ?? verifySegments(log, image, offset);
  if (reason !== undefined) return { failure: `the app at ${hex(offset)} does not boot: ${reason}` };
  log.info('boot', `Loaded app from partition at offset ${hex(offset)}`);
  const write = recordAt === undefined ? undefined : recordSlot(stage, index, recordAt);
  log.info('boot', 'Disabling RNG early entropy source...');
  const started = startApp(log, image);
  return 'app' in started && write ? { ...started, write } : started;
}

/** Nobody chose a slot yet: the bootloader records the one that it found, as if it had been chosen. */
function recordSlot({ flash, log }: SecondStage, index: number, offset: number): BootWrite {
  const write = { offset, bytes: writeOtaSelect(index), atUs: log.nowUs };
  log.wait(flash.times.sectorEraseUs + flash.times.pageProgramUs);
  log.info('boot', `Set actual ota_seq=${index + 1} in otadata[0]`);
  return write;
}

function checkChip({ log, revision }: SecondStage, { header }: ReadImage): string | undefined {
  const { chipId, minRevision } = header;
  if (chipId !== esp32ChipId) {
    return report(log, 'boot_comm', `mismatch chip ID, expected ${esp32ChipId}, found ${chipId}`);
  }
  if (minRevision > revision) {
    const message = `Image requires chip rev >= ${revisionText(minRevision)}, but chip is ${revisionText(revision)}`;
    return report(log, 'boot_comm', message);
  }
  return undefined;
}

function verifySegments(log: BootLog, image: ReadImage, offset: number): string | undefined {
  const { segments, dataOffsets, checksum, sha256 } = image;
  segments.forEach(({ loadAddress, data }, index) => {
    const paddr = hexDigits(offset + dataOffsets[index]!, 8);
    const size = `${hexDigits(data.length, 5)}h (${String(data.length).padStart(6)})`;
    const vaddr = hexDigits(loadAddress, 8);
    log.info(
      'esp_image',
      `segment ${index}: paddr=${paddr} vaddr=${vaddr} size=${size} ${handling(loadAddress)}`,
    );
    log.readFlash(data.length);
  });
  if (checksum.computed !== checksum.stored) {
    const message = `Checksum failed. Calculated ${hex(checksum.computed)} read ${hex(checksum.stored)}`;
    return report(log, 'esp_image', message);
  }
  if (sha256 && sha256.computed !== sha256.stored) {
    return report(log, 'esp_image', 'Image hash failed - image is corrupt');
  }
  return undefined;
}

function startApp(log: BootLog, image: ReadImage): { app: BootedApp } | { failure: string } {
  const virtual = readVirtualApp(image.segments);
  if (virtual) {
    const { descriptor, wasm } = virtual;
    return { app: { ...descriptor, wasm, buildId: buildIdOf(descriptor) } };
  }
  const name = image.segments[0] && readAppDescriptor(image.segments[0].data)?.projectName;
  const what = name ? `app "${name}"` : 'this app';
  return {
    failure: report(log, 'virtual', `${what} has no WebAssembly module: it was built for a real ESP32`),
  };
}

function report(log: BootLog, tag: string, message: string): string {
  log.error(tag, message);
  return message;
}

/** Flash-mapped, copied to RAM, or padding. */
function handling(loadAddress: number): 'map' | 'load' | '' {
  const drom = loadAddress >= 0x3f400000 && loadAddress < 0x3f800000;
  const irom = loadAddress >= 0x400d0000 && loadAddress < 0x40400000;
  if (drom || irom) return 'map';
  return loadAddress < 0x10000000 ? '' : 'load';
}

function revisionText(revision: number): string {
  return `v${Math.floor(revision / 100)}.${revision % 100}`;
}
