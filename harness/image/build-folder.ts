import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { z } from 'zod';
import { ConfigError } from '../errors.js';
import { type AppDescriptor, buildIdOf, readAppDescriptor } from './app-descriptor.js';
import { readImage } from './read-image.js';

export interface BuildFile {
  /** Where in flash it goes. */
  readonly offset: number;
  /** Absolute. */
  readonly path: string;
  readonly bytes: Uint8Array;
}

export interface FlashSettings {
  readonly mode: string;
  readonly frequency: string;
  readonly size: string;
}

/** What is flashed: an ESP-IDF build folder, or the virtual build, read and checked. */
export interface Build {
  /** Version and short ELF hash; what the firmware reports as its build. */
  readonly id: string;
  readonly folder: string;
  /** As esptool names it: `esp32`. */
  readonly chip: string;
  /** In order of their offsets. */
  readonly files: readonly BuildFile[];
  readonly flash: FlashSettings;
  readonly app: AppDescriptor;
  /** The one of `files` that holds the app. */
  readonly appFile: BuildFile;
}

const hexOffset = z.string().regex(/^0x[0-9a-fA-F]{1,8}$/, 'an offset is written like 0x10000');

/** ESP-IDF writes more keys than these, and adds some with each release: they are let through. */
const flasherArgsSchema = z.looseObject({
  flash_settings: z.looseObject({ flash_mode: z.string(), flash_freq: z.string(), flash_size: z.string() }),
  flash_files: z.record(hexOffset, z.string()),
  app: z.looseObject({ offset: hexOffset, file: z.string() }),
  extra_esptool_args: z.looseObject({ chip: z.string() }),
});

type FlasherArgs = z.output<typeof flasherArgsSchema>;

/**
 * Reads an ESP-IDF build folder by its `flasher_args.json`.
 * @throws ConfigError `no-build`, `bad-build`: which file, and what is wrong with it.
 */
export function readBuild(folder: string): Build {
  const root = resolve(folder);
  const args = readFlasherArgs(join(root, 'flasher_args.json'));
  const files = Object.entries(args.flash_files)
    .map(([offset, file]) => readBuildFile(root, Number(offset), file))
    .sort((a, b) => a.offset - b.offset);
  checkOverlaps(files);
  const { app, file: appFile } = readAppOf(files, Number(args.app.offset), join(root, args.app.file));
  const { flash_mode: mode, flash_freq: frequency, flash_size: size } = args.flash_settings;
  const chip = args.extra_esptool_args.chip;
  return { id: buildIdOf(app), folder: root, chip, files, flash: { mode, frequency, size }, app, appFile };
}

function readFlasherArgs(path: string): FlasherArgs {
  if (!existsSync(path)) {
    throw new ConfigError('no-build', `no build: ${path} does not exist; give an ESP-IDF build folder`, {
      path,
    });
  }
  let json: unknown;
  try {
    json = JSON.parse(readFileSync(path, 'utf8'));
  } catch (cause) {
    throw new ConfigError('bad-build', `${path} is not JSON; build the firmware again`, { path, cause });
  }
  const checked = flasherArgsSchema.safeParse(json);
  if (checked.success) return checked.data;
  const issue = checked.error.issues[0]!;
  const message = `${path}: ${issue.path.join('.')}: ${issue.message}; build the firmware again`;
  throw new ConfigError('bad-build', message, { path });
}

function readBuildFile(root: string, offset: number, file: string): BuildFile {
  const path = join(root, file);
  if (!existsSync(path)) {
    const message = `build file ${path} is missing, though flasher_args.json lists it; build the firmware again`;
    throw new ConfigError('bad-build', message, { path });
  }
  return { offset, path, bytes: new Uint8Array(readFileSync(path)) };
}

function checkOverlaps(files: readonly BuildFile[]): void {
  for (let i = 1; i < files.length; i++) {
    const [before, after] = [files[i - 1]!, files[i]!];
    if (before.offset + before.bytes.length <= after.offset) continue;
    const message = `${before.path} (${before.bytes.length} bytes at 0x${before.offset.toString(16)}) overlaps ${after.path} at 0x${after.offset.toString(16)}`;
    throw new ConfigError('bad-build', message, { path: before.path });
  }
}

function readAppOf(
  files: readonly BuildFile[],
  offset: number,
  path: string,
): { app: AppDescriptor; file: BuildFile } {
  const file = files.find((candidate) => candidate.offset === offset);
  const image = file && readImage(file.bytes);
  const segment = image && 'segments' in image ? image.segments[0] : undefined;
  const app = segment && readAppDescriptor(segment.data);
  if (file && app) return { app, file };
  const message = `${path} is no ESP-IDF app image (no app descriptor in its first segment); build the firmware again`;
  throw new ConfigError('bad-build', message, { path });
}
