import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Build } from '../../image/build-folder.js';
import { packageRoot } from '../../paths.js';
import { FlashChip } from '../flash-chip.js';
import { saveFlash } from '../flash-chip-file.js';
import { probeSource } from './probe-app.js';

/** `buildVirtualFirmware`, from the layer above. */
export type FirmwareBuilder = (options: {
  readonly firmwareFolder: string;
  readonly outFolder: string;
}) => Promise<Build>;

let built: Promise<Build> | undefined;

/**
 * The probe app as a build; made once in a process, and compiled again only when the probe, the flags or the compiler
 * changed since it was made into the package's build folder.
 */
export function buildProbe(build: FirmwareBuilder): Promise<Build> {
  built ??= compile(build);
  return built;
}

/** A chip with that build in it. */
export function flashOf(build: Build): FlashChip {
  const flash = new FlashChip();
  for (const { offset, bytes } of build.files) flash.program(offset, bytes);
  return flash;
}

/** A flash file with that build in it, in `folder`. */
export function flashFileOf(build: Build, folder: string): string {
  const path = join(folder, 'flash.bin');
  saveFlash(flashOf(build), path);
  return path;
}

async function compile(build: FirmwareBuilder): Promise<Build> {
  const firmwareFolder = mkdtempSync(join(tmpdir(), 'tokenrack-probe-'));
  try {
    const port = join(firmwareFolder, 'ports', 'wasm');
    mkdirSync(port, { recursive: true });
    writeFileSync(join(port, 'probe.c'), probeSource);
    return await build({ firmwareFolder, outFolder: join(packageRoot, 'build', 'probe') });
  } finally {
    rmSync(firmwareFolder, { recursive: true });
  }
}
