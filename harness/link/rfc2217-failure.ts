import { InfraError } from '../errors.js';

const advice: Readonly<Record<string, readonly [code: string, text: string]>> = {
  ECONNREFUSED: [
    'link-refused',
    'connection refused, no server found there: start it, or check host and port',
  ],
  ENOTFOUND: ['link-refused', 'host not found: check the name'],
  EAI_AGAIN: ['link-refused', 'host not found: check the name and the network'],
  EHOSTUNREACH: ['link-refused', 'host not reachable: check the network'],
  ENETUNREACH: ['link-refused', 'network not reachable: check the network'],
};

/** One clear line for a server that could not be connected to. */
export function connectFailure(path: string, cause: NodeJS.ErrnoException): InfraError {
  const [code, text] = advice[cause.code ?? ''] ?? ['link-refused', `cannot connect: ${cause.message}`];
  return new InfraError(code, `${path}: ${text}`, { path, cause });
}

export function noAnswer(path: string, what: string, waitedMs: number): InfraError {
  const message = `${path}: no answer to ${what} within ${waitedMs} ms: check that an RFC 2217 server is there, and that it is alive`;
  return new InfraError('link-timeout', message, { path, waitedMs });
}

/** Of a question about a line: who waited for an answer is told how to do without. */
export function unconfirmed(error: unknown): unknown {
  if (!(error instanceof InfraError) || error.code !== 'link-timeout') return error;
  const remedy =
    'one that never confirms DTR and RTS is opened with ign_set_control: true in rack.yaml, or ?ign_set_control in its address';
  return new InfraError(error.code, `${error.message}; ${remedy}`, error.details);
}

export function notSerialServer(path: string): InfraError {
  const message = `${path}: not a serial server: it does not speak RFC 2217 (Telnet COM-PORT-OPTION); check the port`;
  return new InfraError('not-rfc2217', message, { path });
}

/** The server hung up before it agreed to anything; `said` is the text it left. */
export function hungUp(path: string, said: string): InfraError {
  const text = said.replaceAll(/[^\x20-\x7e]+/g, ' ').trim();
  if (/in use|busy|locked|already/i.test(text))
    return new InfraError(
      'port-in-use',
      `${path}: port in use: close the run or monitor that has it; it says "${text}"`,
      { path },
    );
  const quoted = text === '' ? '' : `; it says "${text}"`;
  return new InfraError('not-rfc2217', `${path}: the server hung up at once: check the port${quoted}`, {
    path,
  });
}

export function linkLost(path: string, cause?: Error): InfraError {
  const why = cause === undefined ? 'the server hung up' : cause.message;
  return new InfraError('link-lost', `${path}: connection lost: ${why}; check the server and the network`, {
    path,
    ...(cause === undefined ? {} : { cause }),
  });
}

export function refusedByServer(path: string, what: string): InfraError {
  return new InfraError('link-unfit', `${path}: the server refuses ${what}: check its adapter`, { path });
}
