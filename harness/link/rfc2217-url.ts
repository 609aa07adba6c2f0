import { ConfigError } from '../errors.js';

const scheme = 'rfc2217://';

/** Where a serial server is, and how it is to be treated. */
export interface Rfc2217Address {
  readonly host: string;
  readonly port: number;
  /** Do not wait for answers to SET-CONTROL: some servers give none. Written as pyserial does: `?ign_set_control`. */
  readonly ignoreControlAnswers: boolean;
}

export function isRfc2217Path(path: string): boolean {
  return path.startsWith(scheme);
}

/** @param ignoreControlAnswers as `Rfc2217Address` has it */
export function rfc2217Path(host: string, port: number, ignoreControlAnswers = false): string {
  const query = ignoreControlAnswers ? '?ign_set_control' : '';
  return `${scheme}${host.includes(':') ? `[${host}]` : host}:${port}${query}`;
}

/** @throws ConfigError `bad-link-url` */
export function parseRfc2217Path(path: string): Rfc2217Address {
  const [, bracketed, plain, port = '', query] =
    /^rfc2217:\/\/(?:\[([0-9a-f:.]+)\]|([^:/?#[\]]+)):(\d{1,5})\/?(?:\?(.*))?$/i.exec(path) ?? [];
  const host = bracketed ?? plain;
  const known = query === undefined || query === '' || query === 'ign_set_control';
  if (host === undefined || Number(port) < 1 || Number(port) > 65_535 || !known) {
    const message = `${path}: no such address: write rfc2217://HOST:PORT, with ?ign_set_control for servers that do not confirm their lines`;
    throw new ConfigError('bad-link-url', message, { path });
  }
  return { host, port: Number(port), ignoreControlAnswers: query === 'ign_set_control' };
}
