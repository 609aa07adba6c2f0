import { InfraError } from '../../errors.js';
import type { PowerControl } from '../power-schema.js';
import type { PowerSwitch, SwitchOptions } from './power-switch.js';
import { DEFAULT_TIMEOUT_MS, quoted } from './run-program.js';

type HttpControl = Extract<PowerControl, { kind: 'http' }>;
type HttpCall = HttpControl['on'];

/**
 * A PDU's or a plug's web interface. Any 2xx is taken for done. User and password of the URL become an `Authorization` header.
 * They, the query and the headers may be secrets: they are in no message.
 */
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
  wanted: HttpCall,
  { timeoutMs = DEFAULT_TIMEOUT_MS, signal }: SwitchOptions = {},
): Promise<void> {
  signal?.throwIfAborted();
  const deadline = AbortSignal.timeout(timeoutMs);
  const stop = signal === undefined ? deadline : AbortSignal.any([deadline, signal]);
  const where = `${wanted.method} ${withoutSecrets(wanted.url)}`;
  try {
    const answer = await fetch(...requestOf(wanted, stop));
    const said = withoutEchoes(await answer.text(), wanted);
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
    throw new InfraError('power-failed', `${board}: ${where}: ${causeOf(error)}`, { board });
  }
}

/** `fetch` refuses a URL with a user or a password; a header that the rack file has takes precedence over them. */
function requestOf({ url, method, headers, body }: HttpCall, signal: AbortSignal): [URL, RequestInit] {
  const bare = new URL(url);
  const sent = new Headers(headers);
  const login = loginOf(bare);
  if (login !== undefined && !sent.has('Authorization'))
    sent.set('Authorization', `Basic ${Buffer.from(login).toString('base64')}`);
  bare.username = '';
  bare.password = '';
  return [bare, { method, headers: sent, signal, ...(body === undefined ? {} : { body }) }];
}

function loginOf({ username, password }: URL): string | undefined {
  return username === '' && password === '' ? undefined : `${decoded(username)}:${decoded(password)}`;
}

/** As it is, when a `%` in it encodes nothing. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** Keys are often in the query, passwords before the host. */
function withoutSecrets(url: string): string {
  const { protocol, host, pathname } = new URL(url);
  return `${protocol}//${host}${pathname}`;
}

/** Error pages like to repeat what they were asked. */
function withoutEchoes(said: string, { url, headers }: HttpCall): string {
  const { password, search, searchParams } = new URL(url);
  const secrets = [search.slice(1), ...searchParams.values(), password, decoded(password)];
  return [...secrets, ...Object.values(headers)]
    .filter((secret) => secret.length >= SHORTEST_SECRET)
    .reduce((text, secret) => text.replaceAll(secret, '***'), said);
}

/** What is shorter, such as an outlet's number, is no secret and part of other words. */
const SHORTEST_SECRET = 4;

/** Only what comes of the network: other errors of `fetch` quote the URL, or the header, that they do not like. */
function causeOf(error: unknown): string {
  const { cause } = error as Error;
  if (cause instanceof Error && cause.message !== '') return cause.message;
  return 'the call cannot be made as the rack file has it: look at its headers, and leave out a body with GET';
}
