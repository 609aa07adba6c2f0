import { type ExecFileOptions, execFile } from 'node:child_process';
import { join } from 'node:path';
import { packageRoot } from '../../paths.js';

/** What a run of the real program came to. */
export interface Ran {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** Runs the built program to its end. */
export function runTokenrack(
  args: readonly string[],
  options: Pick<ExecFileOptions, 'cwd' | 'env'>,
): Promise<Ran> {
  const main = join(packageRoot, 'dist', 'cli', 'main.js');
  return new Promise((done) => {
    execFile(process.execPath, [main, ...args], { ...options, encoding: 'utf8' }, (error, out, err) =>
      done({ code: error === null ? 0 : Number(error.code), out, err }),
    );
  });
}
