import { InfraError, TokenrackError } from '../errors.js';

interface Reading {
  readonly pattern: RegExp;
  readonly code: string;
  readonly advice: string;
}

/** What the bindings of the three systems say, and what it means. The first that fits counts. */
const readings: readonly Reading[] = [
  {
    pattern: /cannot lock|resource busy|temporarily unavailable|access denied/i,
    code: 'port-in-use',
    advice: 'port in use: close the monitor or run that has it open, or choose another board',
  },
  {
    pattern: /permission denied/i,
    code: 'port-no-permission',
    advice:
      'no permission: add this user to the group that owns the port (dialout or uucp on Linux), and log in again',
  },
  {
    pattern: /no such file|file not found|no such device/i,
    code: 'no-such-port',
    advice: 'no such port: check the cable and the port name; `tokenrack boards` lists what is there',
  },
];

/** One clear line for a port that did not open. */
export function openFailure(path: string, cause: unknown): TokenrackError {
  if (cause instanceof TokenrackError) return cause;
  const said = cause instanceof Error ? cause.message : String(cause);
  const reading = readings.find(({ pattern }) => pattern.test(said));
  if (reading === undefined)
    return new InfraError('port-failed', `${path}: cannot open: ${said}`, { path, cause });
  return new InfraError(reading.code, `${path}: ${reading.advice}`, { path, cause });
}

/** The port is open, and its lines cannot be set: a pty has none. */
export function noModemLines(path: string, cause: unknown): TokenrackError {
  if (cause instanceof TokenrackError) return cause;
  const said = cause instanceof Error ? cause.message : String(cause);
  const message = `${path}: cannot set DTR and RTS (${said}): a pty has no modem lines; use the board's own port or rfc2217`;
  return new InfraError('no-modem-lines', message, { path, cause });
}
