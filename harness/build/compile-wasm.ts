import { readFileSync } from 'node:fs';
import { commands, type OutputStream, type Tree } from '@yowasp/clang';
import { ConfigError } from '../errors.js';
import type { FirmwareSources, SourceFile } from './firmware-sources.js';

/** The arithmetic that every port agrees on needs `-ffp-contract=off` (firmware/FORMATS.md). */
export const compilerFlags: readonly string[] = [
  '--target=wasm32-wasip1',
  '-std=c99',
  '-O2',
  '-ffp-contract=off',
  '-Wall',
  '-Wextra',
  '-nostartfiles',
  '-Wl,--no-entry',
  '-Wl,--export=app_main',
  '-Wl,--export=__heap_base',
  '-Wl,--export=__stack_pointer',
];

const moduleName = 'module.wasm';

/** The compiler package's own version: it names the LLVM it was built from. */
export function compilerVersion(): string {
  const manifest = new URL('../package.json', import.meta.resolve('@yowasp/clang'));
  return (JSON.parse(readFileSync(manifest, 'utf8')) as { version: string }).version;
}

/**
 * Compiles and links the sources to one module (firmware/ports/wasm/ABI.md). Nothing is written to standard output
 * or standard error.
 * @throws ConfigError `compile-failed` with the compiler's first error, `bad-module` when the module needs an import
 * that the virtual board does not have.
 */
export async function compileWasm({ files, includeFolders }: FirmwareSources): Promise<Uint8Array> {
  const includes = includeFolders.map((folder) => `-I${folder}`);
  const module = await compileC(files, [...compilerFlags, ...includes], 'firmware');
  checkModule(module);
  return module;
}

/**
 * Compiles and links C sources to a WebAssembly module with these flags. Nothing is written to standard output or standard error.
 * @param what for the message
 * @throws ConfigError `compile-failed` with the compiler's first error
 */
export async function compileC(
  files: readonly SourceFile[],
  flags: readonly string[],
  what: string,
): Promise<Uint8Array> {
  const units = files.filter(({ path }) => path.endsWith('.c')).map(({ path }) => path);
  return new Uint8Array(await run([...flags, ...units, '-o', moduleName], treeOf(files), what));
}

async function run(args: string[], tree: Tree, what: string): Promise<Uint8Array> {
  let said = '';
  const collect: OutputStream = (bytes) => {
    if (bytes) said += Buffer.from(bytes).toString('utf8');
  };
  try {
    // Without arguments it only loads itself; while it runs it would print that progress to standard output.
    await commands.clang(undefined, {}, { fetchProgress: () => {} });
    const files = await commands.clang(args, tree, { stdout: collect, stderr: collect });
    const built = files?.[moduleName];
    if (built instanceof Uint8Array) return built;
    throw new Error(`the compiler made no ${moduleName}`);
  } catch (cause) {
    const message = `${what} does not compile: ${firstError(said) ?? String(cause)}`;
    throw new ConfigError('compile-failed', message, { compilerOutput: said, cause });
  }
}

/** `file:line:column: error: ...`, or the linker's `wasm-ld: error: ...`. */
function firstError(output: string): string | undefined {
  return output.split('\n').find((line) => /\berror:/.test(line));
}

function treeOf(files: readonly SourceFile[]): Tree {
  const root: Tree = {};
  for (const { path, text } of files) {
    const names = path.split('/');
    let folder = root;
    for (const name of names.slice(0, -1)) {
      folder[name] ??= {};
      folder = folder[name] as Tree;
    }
    folder[names.at(-1)!] = text;
  }
  return root;
}

/** Imports from anywhere but the board (such as WASI's) would only be missed when the board starts. */
function checkModule(bytes: Uint8Array): void {
  const module = new WebAssembly.Module(bytes);
  const foreign = WebAssembly.Module.imports(module).find((needed) => needed.module !== 'board');
  if (foreign) {
    const name = `${foreign.module}.${foreign.name}`;
    const message = `firmware needs ${name}, which the virtual board does not have; a C library function that reaches the operating system was used`;
    throw new ConfigError('bad-module', message, { import: name });
  }
}
