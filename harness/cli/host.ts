import { resolve } from 'node:path';
import { readEnvironment } from '../config/environment.js';
import { serveHost } from '../farm/host/serve.js';
import { runJobIn } from '../farm/jobs/run-job.js';
import { EXIT_CODES } from '../results/verdict.js';
import { interruptSignal } from './exit.js';

export interface HostFlags {
  readonly state?: string;
}

export interface RunJobFlags {
  readonly tied?: boolean;
}

/** Until standard input ends. Jobs that were started go on. */
export async function host({ state }: HostFlags): Promise<void> {
  const { stateFolder, machineFolder } = readEnvironment();
  await serveHost(process.stdin, process.stdout, {
    stateFolder: state === undefined ? stateFolder : resolve(state),
    machineFolder,
  });
}

/** The job's process. Its outcome is a file; the exit code says the same to whoever started it by hand. */
export async function runJob(folder: string, { tied = false }: RunJobFlags): Promise<void> {
  const signal = interruptSignal();
  // Asked again, it goes on coming to its end.
  process.on('SIGTERM', () => {});
  const outcome = await runJobIn(resolve(folder), { signal, ...(tied ? { parent: process.stdin } : {}) });
  if (outcome !== undefined) process.exitCode = EXIT_CODES[outcome.verdict];
}
