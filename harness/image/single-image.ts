import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { basename, dirname, resolve } from 'node:path';
import { ConfigError } from '../errors.js';
import { type AppDescriptor, buildIdOf, readAppDescriptor } from './app-descriptor.js';
import { esp32ChipId } from './app-image.js';
import type { Build, BuildFile } from './build-folder.js';
import { type ReadImage, readImage, readImageHeader } from './read-image.js';

/** One file to be flashed at one place. `app` is there when an app could be found in it. */
export interface SingleImage extends Pick<Build, 'id' | 'folder' | 'chip' | 'files'> {
  readonly app?: AppDescriptor;
}

const bootloaderOffset = 0x1000;
const appOffset = 0x10000;
const sectorBytes = 0x1000;

/**
 * Reads a file that goes to `offset`. Without one: an app goes to 0x10000; a merged image, which has the bootloader at
 * 0x1000 in it, to 0; anything else is asked about. A file that begins like an ESP32 image must be a whole one.
 * @throws ConfigError `no-build`, `bad-image`
 */
export function readSingleImage(path: string, offset?: number): SingleImage {
  const full = resolve(path);
  if (!existsSync(full))
    throw new ConfigError('no-build', `no image: ${full} does not exist`, { path: full });
  const bytes = new Uint8Array(readFileSync(full));
  const image = checkedImage(full, bytes);
  const merged = readImageHeader(bytes.subarray(bootloaderOffset)) !== undefined;
  const app = appOf(image) ?? (merged ? appOf(imageAt(bytes, appOffset)) : undefined);
  const place = offset ?? defaultOffset(full, merged, app);
  checkPlace(full, bytes, place);
  const files = pieces({ offset: place, path: full, bytes }, merged && place === 0);
  const name = app ? buildIdOf(app) : `${basename(full)}-${sha256Of(bytes).slice(0, 8)}`;
  return { id: name, folder: dirname(full), chip: 'esp32', files, ...(app && { app }) };
}

/** A file that does not begin like an image may be anything: a file system, a partition table, a merged image. */
function checkedImage(path: string, bytes: Uint8Array): ReadImage | undefined {
  const header = readImageHeader(bytes);
  if (!header) return undefined;
  const image = readImage(bytes);
  const refuse = (why: string): never => {
    throw new ConfigError('bad-image', `${path} ${why}; build or download it again`, { path });
  };
  if ('fault' in image) return refuse(`begins like an ESP32 image, and is none (${image.fault.kind})`);
  if (header.chipId !== esp32ChipId)
    return refuse(`is for another chip (id ${header.chipId}), not for an ESP32`);
  if (image.checksum.stored !== image.checksum.computed) return refuse('has a wrong checksum');
  if (image.sha256 && image.sha256.stored !== image.sha256.computed) return refuse('has a wrong SHA-256');
  return image;
}

function imageAt(bytes: Uint8Array, offset: number): ReadImage | undefined {
  const image = readImage(bytes.subarray(offset));
  return 'fault' in image ? undefined : image;
}

function appOf(image: ReadImage | undefined): AppDescriptor | undefined {
  const segment = image?.segments[0];
  return segment && readAppDescriptor(segment.data);
}

function defaultOffset(path: string, merged: boolean, app: AppDescriptor | undefined): number {
  if (merged) return 0;
  if (app) return appOffset;
  const message = `${path} is no app and no merged image: say with --offset where in flash it goes`;
  throw new ConfigError('bad-image', message, { path });
}

function checkPlace(path: string, bytes: Uint8Array, offset: number): void {
  if (bytes.length === 0) throw new ConfigError('bad-image', `${path} is empty`, { path });
  if (offset % sectorBytes === 0) return;
  const message = `${path} cannot go to 0x${offset.toString(16)}: flash is erased in sectors, give a multiple of 0x1000`;
  throw new ConfigError('bad-image', message, { path, offset });
}

/** From a merged image the padding in front of the bootloader is left away, so that its header is found. */
function pieces(file: BuildFile, merged: boolean): BuildFile[] {
  if (!merged) return [file];
  return [
    { ...file, bytes: file.bytes.subarray(0, bootloaderOffset) },
    { ...file, offset: bootloaderOffset, bytes: file.bytes.subarray(bootloaderOffset, appOffset) },
    { ...file, offset: appOffset, bytes: file.bytes.subarray(appOffset) },
  ].filter(({ bytes }) => bytes.some((byte) => byte !== 0xff));
}

function sha256Of(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
