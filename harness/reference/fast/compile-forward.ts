import { createHash, randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { compileC, compilerVersion } from '../../build/compile-wasm.js';
import type { SourceFile } from '../../build/firmware-sources.js';
import { packageRoot } from '../../paths.js';

/** Nothing is fused, as firmware/FORMATS.md has it. */
const FLAGS = [
  '--target=wasm32-wasip1',
  '-std=c99',
  '-O3',
  '-msimd128',
  '-ffp-contract=off',
  '-Wall',
  '-Wextra',
  '-Werror',
  '-nostartfiles',
  '-Wl,--no-entry',
  '-Wl,--export=__heap_base',
  '-Wl,-z,stack-size=65536',
] as const;

/** A module of this folder: its sources, and what it is called in messages. */
interface FastModule {
  readonly files: readonly string[];
  readonly what: string;
}
const MEMORY = ['memory.c', 'memory.h'];
const FORWARD: FastModule = { files: ['forward.c', ...MEMORY], what: 'the fast forward pass' };
const TRAINING: FastModule = { files: ['train.c', ...MEMORY], what: 'the fast training step' };

/** The compiled `forward.c`; compiled once for a source, flags and compiler, and kept in the package's `build` folder where that can be written. */
export function compileForward(): Promise<Uint8Array> {
  return compileOnce(FORWARD);
}

/** The compiled `train.c`, likewise. */
export function compileTraining(): Promise<Uint8Array> {
  return compileOnce(TRAINING);
}

/** Whether `compileForward` has nothing to compile. */
export function isForwardCompiled(): Promise<boolean> {
  return isCompiled(FORWARD);
}

/** Whether `compileTraining` has nothing to compile. */
export function isTrainingCompiled(): Promise<boolean> {
  return isCompiled(TRAINING);
}

async function isCompiled(module: FastModule): Promise<boolean> {
  return existsSync((await read(module)).path);
}

async function compileOnce(module: FastModule): Promise<Uint8Array> {
  const { sources, path } = await read(module);
  const kept = await readFile(path).catch(() => undefined);
  if (kept !== undefined) return new Uint8Array(kept);
  const made = await compileC(sources, FLAGS, module.what);
  await keep(FOLDER, path, made).catch(() => {});
  return made;
}

const FOLDER = join(packageRoot, 'build', 'forward');

/** A module's sources, and where it is kept. */
async function read({
  files,
}: FastModule): Promise<{ readonly sources: readonly SourceFile[]; readonly path: string }> {
  const sources = await Promise.all(
    files.map(async (path) => ({
      path,
      text: await readFile(join(packageRoot, 'harness', 'reference', 'fast', path), 'utf8'),
    })),
  );
  const inputs = JSON.stringify([sources, FLAGS, compilerVersion()]);
  const hash = createHash('sha256').update(inputs).digest('hex').slice(0, 16);
  return { sources, path: join(FOLDER, `${hash}.wasm`) };
}

async function keep(folder: string, path: string, module: Uint8Array): Promise<void> {
  await mkdir(folder, { recursive: true });
  const draft = `${path}.${randomUUID()}`;
  await writeFile(draft, module);
  await rename(draft, path);
}
