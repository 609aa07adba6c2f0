import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ConfigError } from '../errors.js';
import { runCompiler, type XtensaCompiler } from './xtensa-compiler.js';

/** Bytes, as `size` counts them: constants belong to `text`. */
export interface ObjectSize {
  /** Such as `tl_math`. */
  readonly name: string;
  readonly text: number;
  readonly data: number;
  readonly bss: number;
}

export interface ComponentSize {
  readonly component: string;
  /** Such as `-O2`. */
  readonly optimization: string;
  readonly objects: readonly ObjectSize[];
}

export const sizedComponents: readonly string[] = ['tinyllm', 'benchapp'];

/** The components' own flags, and no warning. */
const flags = ['-std=c99', '-Wall', '-Wextra', '-Werror', '-ffp-contract=off', '-ffunction-sections', '-c'];

/**
 * Compiles one of the firmware's components and measures its objects.
 * @throws ConfigError `compile-failed` with what the compiler said.
 */
export function measureComponent(
  firmware: string,
  component: string,
  optimization: string,
  compiler: XtensaCompiler,
): ComponentSize {
  const folder = mkdtempSync(join(tmpdir(), 'tokenrack-size-'));
  try {
    const args = [...flags, optimization, ...includes(firmware, compiler), ...sources(firmware, component)];
    const { good, said } = runCompiler(compiler, args, { cwd: folder });
    if (!good) throw new ConfigError('compile-failed', `${component} does not compile: ${said}`);
    return { component, optimization, objects: readSizes(folder) };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function sources(firmware: string, component: string): string[] {
  const folder = join(firmware, 'components', component, 'src');
  return readdirSync(folder)
    .filter((name) => name.endsWith('.c'))
    .map((name) => join(folder, name));
}

function includes(firmware: string, { includeFolder }: XtensaCompiler): string[] {
  const folders = sizedComponents.flatMap((name) => [`${name}/include`, `${name}/src`]);
  return [...folders.map((name) => `-I${join(firmware, 'components', name)}`), '-isystem', includeFolder];
}

/** Reads the table of binutils' `size`: text, data, bss, two sums, file. */
function readSizes(folder: string): ObjectSize[] {
  const files = readdirSync(folder);
  const { stdout } = spawnSync('xtensa-lx106-elf-size', files, { cwd: folder, encoding: 'utf8' });
  return stdout
    .trim()
    .split('\n')
    .slice(1)
    .map((line) => {
      const [text, data, bss, , , file] = line.trim().split(/\s+/);
      return { name: file!.replace(/\.o$/, ''), text: Number(text), data: Number(data), bss: Number(bss) };
    });
}
