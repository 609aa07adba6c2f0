import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildVirtualFirmware } from '../../build/virtual-firmware.js';
import type { Build } from '../../image/build-folder.js';
import { packageRoot } from '../../paths.js';
import { FlashChip } from '../flash-chip.js';
import { saveFlash } from '../flash-chip-file.js';
import { probeSource } from './probe-app.js';

let built: Promise<Build> | undefined;

/** The probe app as a build; compiled once in a process. */
export function buildProbe(): Promise<Build> {
  built ??= compile();
  return built;
}

/** A chip with the probe app in it. */
export async function probeFlash(): Promise<FlashChip> {
  const flash = new FlashChip();
  for (const { offset, bytes } of (await buildProbe()).files) flash.program(offset, bytes);
  return flash;
}

/** A flash file with the probe app in it, in `folder`. */
export async function probeFlashFile(folder: string, name = 'flash.bin'): Promise<string> {
  const path = join(folder, name);
  saveFlash(await probeFlash(), path);
  return path;
}

/** Into the package's build folder: compiled again only when the probe, the flags or the compiler changed. */
async function compile(): Promise<Build> {
  const root = mkdtempSync(join(tmpdir(), 'tokenrack-probe-'));
  try {
    const port = join(root, 'ports', 'wasm');
    mkdirSync(port, { recursive: true });
    writeFileSync(join(port, 'probe.c'), probeSource);
    return await buildVirtualFirmware({
      firmwareFolder: root,
      outFolder: join(packageRoot, 'build', 'probe'),
    });
  } finally {
    rmSync(root, { recursive: true });
  }
}
