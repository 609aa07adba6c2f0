import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { ConfigError } from '../errors.js';
import { type Build, readBuild } from '../image/build-folder.js';
import { packageRoot } from '../paths.js';
import { tokenrackVersion } from '../version.js';
import { compilerFlags, compilerVersion, compileWasm } from './compile-wasm.js';
import { type FirmwareSources, readFirmwareSources } from './firmware-sources.js';
import { type OutputFile, virtualBuildFiles } from './virtual-images.js';

export interface VirtualFirmwareOptions {
  /** Default `build/virtual` in the package. */
  readonly outFolder?: string;
  /** Default `firmware` in the package. */
  readonly firmwareFolder?: string;
}

interface Stamp {
  /** SHA-256 of all that the images are made from. */
  readonly inputs: string;
  /** SHA-256 of each file that was written. */
  readonly outputs: Readonly<Record<string, string>>;
}

const stampName = 'build-stamp.json';
/** Counted up when the images change though sources, flags and compiler do not. */
const imageLayout = 2;

/**
 * Builds the firmware for the virtual board into a folder like ESP-IDF's. The same sources, flags, compiler and
 * package version give the same images, byte for byte; when they are there already, nothing is compiled.
 * @throws ConfigError `no-firmware`, `compile-failed`, `bad-module`, `build-unwritable`.
 */
export async function buildVirtualFirmware(options: VirtualFirmwareOptions = {}): Promise<Build> {
  const { outFolder, sources, inputs } = given(options);
  if (isUpToDate(outFolder, inputs)) return readBuild(outFolder);
  const wasm = await compileWasm(sources);
  try {
    writeOutputs(outFolder, virtualBuildFiles(wasm, tokenrackVersion), inputs);
  } catch (cause) {
    const message = `cannot write the virtual build to ${outFolder} (${(cause as Error).message}); make it writable`;
    throw new ConfigError('build-unwritable', message, { path: outFolder, cause });
  }
  return readBuild(outFolder);
}

/** Whether `buildVirtualFirmware` has nothing to compile. */
export function isVirtualFirmwareBuilt(options: VirtualFirmwareOptions = {}): boolean {
  const { outFolder, inputs } = given(options);
  return isUpToDate(outFolder, inputs);
}

function given({ outFolder, firmwareFolder }: VirtualFirmwareOptions) {
  const sources = readFirmwareSources(firmwareFolder ?? join(packageRoot, 'firmware'));
  return {
    outFolder: outFolder ?? join(packageRoot, 'build', 'virtual'),
    sources,
    inputs: inputsHash(sources, tokenrackVersion),
  };
}

function inputsHash(sources: FirmwareSources, version: string): string {
  const inputs = { imageLayout, version, compiler: compilerVersion(), compilerFlags, ...sources };
  return sha256(JSON.stringify(inputs));
}

function isUpToDate(outFolder: string, inputs: string): boolean {
  const stamp = readStamp(join(outFolder, stampName));
  if (stamp?.inputs !== inputs) return false;
  return Object.entries(stamp.outputs).every(([name, hash]) => {
    const path = join(outFolder, name);
    return existsSync(path) && sha256(readFileSync(path)) === hash;
  });
}

function readStamp(path: string): Stamp | undefined {
  if (!existsSync(path)) return undefined;
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as Stamp;
  } catch {
    return undefined; // torn: built again
  }
}

/** The stamp goes first and comes back last, so that a crash in between never passes for a build. */
function writeOutputs(outFolder: string, files: readonly OutputFile[], inputs: string): void {
  rmSync(join(outFolder, stampName), { force: true });
  const outputs: Record<string, string> = {};
  for (const { name, bytes } of files) {
    writeWhole(join(outFolder, name), bytes);
    outputs[name] = sha256(bytes);
  }
  const stamp: Stamp = { inputs, outputs };
  writeWhole(join(outFolder, stampName), Buffer.from(`${JSON.stringify(stamp, undefined, 2)}\n`));
}

/** Another process that builds the same at the same time never sees half a file. */
function writeWhole(path: string, bytes: Uint8Array): void {
  mkdirSync(dirname(path), { recursive: true });
  const temporary = `${path}.${process.pid}.new`;
  writeFileSync(temporary, bytes);
  renameSync(temporary, path);
}

function sha256(data: string | Uint8Array): string {
  return createHash('sha256').update(data).digest('hex');
}
