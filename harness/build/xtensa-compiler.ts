import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** Debian's compiler for the ESP8266's core: the nearest kin of the ESP32's that a package manager has. */
export interface XtensaCompiler {
  readonly command: string;
  /** Such as `12.2.0`. */
  readonly version: string;
  /** picolibc's headers: the compiler comes without a C library. */
  readonly includeFolder: string;
}

const target = 'xtensa-lx106-elf';
export const xtensaGcc: string = `${target}-gcc`;
export const xtensaPackages = 'gcc-xtensa-lx106 picolibc-xtensa-lx106-elf';

/** The compiler on PATH, or the sentence that says what is missing. */
export function findXtensaCompiler(): XtensaCompiler | string {
  const version = answer('-dumpfullversion');
  if (version === undefined) return missing(`no ${xtensaGcc} on PATH`);
  const includeFolder = join(dirname(answer('-print-libgcc-file-name') ?? ''), '../../..', target, 'include');
  if (!existsSync(join(includeFolder, 'stdio.h'))) return missing(`no C library beside ${xtensaGcc}`);
  return { command: xtensaGcc, version, includeFolder };
}

function missing(what: string): string {
  return `${what} (Debian: apt-get install ${xtensaPackages})`;
}

function answer(question: string): string | undefined {
  const { status, stdout } = spawnSync(xtensaGcc, [question], { encoding: 'utf8' });
  return status === 0 ? stdout.trim() : undefined;
}

/** The compiler's messages; empty when it has nothing to say. */
export function runCompiler(
  { command }: XtensaCompiler,
  args: readonly string[],
  options: { readonly cwd?: string; readonly input?: string } = {},
): { readonly good: boolean; readonly said: string } {
  const { status, stdout, stderr } = spawnSync(command, args, { ...options, encoding: 'utf8' });
  return { good: status === 0, said: `${stdout}${stderr}`.trim() };
}
