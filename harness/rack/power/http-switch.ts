import { InfraError } from '../../errors.js';
import type { PowerControl } from '../power-schema.js';
import type { PowerSwitch, SwitchOptions } from './power-switch.js';
import { DEFAULT_TIMEOUT_MS, quoted } from './run-program.js';

type HttpControl = Extract<PowerControl, { kind: 'http' }>;

/** A PDU's or a plug's web interface. Any 2xx is taken for done. Headers may hold secrets: they are in no message. */
export function httpSwitch(board: string, { on, off }: HttpControl): PowerSwitch {
  return {
    what: new URL(on.url).host,
    kind: 'hook',
    on: (options) => call(board, on, options),
    off: (options) => call(board, off, options),
  };
}

async function call(
  board: string,
  { url, method, headers, body }: HttpControl['on'],
  { timeoutMs = DEFAULT_TIMEOUT_MS, signal }: SwitchOptions = {},
): Promise<void> {
  signal?.throwIfAborted();
  const deadline = AbortSignal.timeout(timeoutMs);
  const stop = signal === undefined ? deadline : AbortSignal.any([deadline, signal]);
  const where = `${method} ${withoutSecrets(url)}`;
  try {
    const answer = await fetch(url, {
      method,
      headers,
      signal: stop,
      ...(body === undefined ? {} : { body }),
    });
    const said = await answer.text();
    if (answer.ok) return;
    const message = `${board}: ${where} was answered with ${answer.status}${quoted(said)}`;
    throw new InfraError('power-failed', message, { board, status: answer.status });
  } catch (error) {
    if (error instanceof InfraError) throw error;
    signal?.throwIfAborted();
    if (deadline.aborted)
      throw new InfraError('power-timeout', `${board}: ${where} gave no answer within ${timeoutMs} ms`, {
        board,
      });
    throw new InfraError('power-failed', `${board}: ${where}: ${causeOf(error)}`, { board, cause: error });
  }
}

/** Keys are often in the query, passwords before the host. */
function withoutSecrets(url: string): string {
  const { protocol, host, pathname } = new URL(url);
  return `${protocol}//${host}${pathname}`;
}

/** `fetch` itself only says that it failed. */
function causeOf(error: unknown): string {
  const { cause, message } = error as Error;
  return cause instanceof Error && cause.message !== '' ? cause.message : message;
}
