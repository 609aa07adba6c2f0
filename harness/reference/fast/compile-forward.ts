import { createHash, randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { compileC, compilerVersion } from '../../build/compile-wasm.js';
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

/** The compiled `forward.c`; compiled once for a source, flags and compiler, and kept in the package's `build` folder where that can be written. */
export async function compileForward(): Promise<Uint8Array> {
  const { text, path } = await source();
  const kept = await readFile(path).catch(() => undefined);
  if (kept !== undefined) return new Uint8Array(kept);
  const module = await compileC([{ path: 'forward.c', text }], FLAGS, 'the fast forward pass');
  await keep(FOLDER, path, module).catch(() => {});
  return module;
}

/** Whether `compileForward` has nothing to compile. */
export async function isForwardCompiled(): Promise<boolean> {
  return existsSync((await source()).path);
}

const FOLDER = join(packageRoot, 'build', 'forward');

/** `forward.c`, and where its module is kept. */
async function source(): Promise<{ readonly text: string; readonly path: string }> {
  const text = await readFile(join(packageRoot, 'harness', 'reference', 'fast', 'forward.c'), 'utf8');
  const inputs = JSON.stringify([text, FLAGS, compilerVersion()]);
  const hash = createHash('sha256').update(inputs).digest('hex').slice(0, 16);
  return { text, path: join(FOLDER, `${hash}.wasm`) };
}

async function keep(folder: string, path: string, module: Uint8Array): Promise<void> {
  await mkdir(folder, { recursive: true });
  const draft = `${path}.${randomUUID()}`;
  await writeFile(draft, module);
  await rename(draft, path);
}
