import { type ChildProcess, spawn } from 'node:child_process';
import { InfraError } from '../../errors.js';
import type { SwitchOptions } from './power-switch.js';

export interface ProgramOutput {
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** What a device's program says in a page is enough to know why. */
const KEPT_BYTES = 8192;

export const DEFAULT_TIMEOUT_MS = 15_000;

/**
 * Runs a program without a shell until it has ended.
 * @throws InfraError `power-failed` when it does not start, `power-timeout` after killing it; the signal's reason
 */
export async function runProgram(
  board: string,
  [program, ...args]: readonly string[],
  { timeoutMs = DEFAULT_TIMEOUT_MS, signal }: SwitchOptions = {},
): Promise<ProgramOutput> {
  signal?.throwIfAborted();
  const deadline = AbortSignal.timeout(timeoutMs);
  const stop = signal === undefined ? deadline : AbortSignal.any([deadline, signal]);
  const child = spawn(program!, args, { stdio: ['ignore', 'pipe', 'pipe'], detached: true });
  const [stdout, stderr] = [keep(child.stdout), keep(child.stderr)];
  const kill = (): void => killGroup(child);
  stop.addEventListener('abort', kill, { once: true });
  try {
    const exitCode = await new Promise<number | null>((resolve, reject) => {
      child.once('error', reject);
      child.once('close', resolve);
    });
    signal?.throwIfAborted();
    if (deadline.aborted) throw tooLong(board, program!, timeoutMs, stdout() + stderr());
    return { exitCode, stdout: stdout(), stderr: stderr() };
  } catch (error) {
    throw notStarted(board, program!, error);
  } finally {
    stop.removeEventListener('abort', kill);
  }
}

/** With what it started: a shell script's children would keep its output open. Windows knows no groups. */
function killGroup(child: ChildProcess): void {
  try {
    process.kill(-child.pid!, 'SIGKILL');
  } catch {
    child.kill('SIGKILL');
  }
}

function keep(stream: NodeJS.ReadableStream): () => string {
  let text = '';
  stream.on('data', (bytes: Buffer) => {
    text = (text + bytes.toString('utf8')).slice(0, KEPT_BYTES);
  });
  return () => text;
}

function tooLong(board: string, program: string, timeoutMs: number, said: string): InfraError {
  const message = `${board}: ${program} has not ended after ${timeoutMs} ms and was killed${quoted(said)}`;
  return new InfraError('power-timeout', message, { board, program, timeoutMs });
}

function notStarted(board: string, program: string, error: unknown): unknown {
  const { code, syscall } = (error ?? {}) as NodeJS.ErrnoException;
  if (syscall?.startsWith('spawn') !== true) return error;
  const why = code === 'ENOENT' ? 'is not installed, or not on PATH' : `cannot be started (${code})`;
  return new InfraError('power-failed', `${board}: ${program} ${why}`, { board, program, cause: error });
}

/** What a device said, in one line of a message. */
export function quoted(said: string): string {
  const text = said.trim().replaceAll(/\s+/g, ' ').slice(0, 300);
  return text === '' ? ', and said nothing' : `: ${text}`;
}
