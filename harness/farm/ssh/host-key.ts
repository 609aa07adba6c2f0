import { readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { ConfigError, InfraError, TokenrackError } from '../../errors.js';
import { expandHome } from './expand-home.js';
import {
  coversHost,
  fingerprint,
  hostName,
  type KnownHostLine,
  keyType,
  parseKnownHosts,
} from './known-hosts.js';

/** What is known of one host's keys, and where that was looked for. */
export interface HostKeys {
  readonly address: string;
  readonly port: number;
  readonly files: readonly string[];
  readonly known: readonly KnownHostLine[];
  readonly revoked: readonly KnownHostLine[];
  readonly authorities: readonly KnownHostLine[];
}

const DEFAULT_FILES = [join(homedir(), '.ssh', 'known_hosts'), '/etc/ssh/ssh_known_hosts'];

/**
 * Reads what known_hosts files say of a host. A file that is not there says nothing.
 * @throws ConfigError `bad-known-hosts` when one cannot be read
 */
export async function readHostKeys(
  address: string,
  port: number,
  files: readonly string[] = DEFAULT_FILES,
): Promise<HostKeys> {
  const paths = files.map(expandHome);
  const lines = (await Promise.all(paths.map(readLines))).flat();
  const name = hostName(address, port);
  const ours = lines.filter(({ names }) => coversHost(names, name));
  const marked = (marker: KnownHostLine['marker']) => ours.filter((line) => line.marker === marker);
  return {
    address,
    port,
    files: paths,
    known: marked(undefined),
    revoked: marked('revoked'),
    authorities: marked('cert-authority'),
  };
}

async function readLines(path: string): Promise<KnownHostLine[]> {
  try {
    return parseKnownHosts(path, await readFile(path, 'utf8'));
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return [];
    throw new ConfigError('bad-known-hosts', `cannot read the known host keys in ${path}: ${code}`, { path });
  }
}

/** ssh2's own, best first; SHA-1 signatures and DSA are not asked for. */
const ALGORITHMS = [
  'ssh-ed25519',
  'ecdsa-sha2-nistp256',
  'ecdsa-sha2-nistp384',
  'ecdsa-sha2-nistp521',
  'rsa-sha2-512',
  'rsa-sha2-256',
] as const;
export type HostKeyAlgorithm = (typeof ALGORITHMS)[number];

/** What the server is asked for, those of keys that are known first: a server has a key of each type and shows one. */
export function hostKeyAlgorithms({ known }: HostKeys): HostKeyAlgorithm[] {
  const types = new Set(known.map(({ type }) => type));
  const isKnown = (algorithm: HostKeyAlgorithm): boolean =>
    types.has(algorithm.startsWith('rsa-') ? 'ssh-rsa' : algorithm);
  return [...ALGORITHMS.filter(isKnown), ...ALGORITHMS.filter((algorithm) => !isKnown(algorithm))];
}

/** Why a host that shows this key is not to be spoken with; undefined when the key is the known one. */
export function hostKeyTrouble(keys: HostKeys, shown: Buffer): TokenrackError | undefined {
  const same = (line: KnownHostLine): boolean => line.key.equals(shown);
  const revoked = keys.revoked.find(same);
  if (revoked !== undefined) return revokedKey(keys, shown, revoked);
  if (keys.known.some(same)) return undefined;
  const type = keyType(shown);
  const other = keys.known.find((line) => line.type === type) ?? keys.known[0];
  return other === undefined ? unknownKey(keys, shown) : changedKey(keys, shown, other);
}

const KEY_TROUBLE: ReadonlySet<string> = new Set([
  'host-key-changed',
  'host-key-revoked',
  'host-key-unknown',
]);

/** Whether a host's key is the reason that it is not spoken with, which no waiting mends: a person has to look at it. */
export function isKeyTrouble(error: unknown): error is TokenrackError {
  return error instanceof TokenrackError && KEY_TROUBLE.has(error.code);
}

function revokedKey(keys: HostKeys, shown: Buffer, { file, line }: KnownHostLine): TokenrackError {
  const message = `${hostOf(keys)} shows a host key that is marked as revoked (${describe(shown)}; ${file}:${line}): no connection is made`;
  return new InfraError('host-key-revoked', message, { ...details(keys, shown), file, line });
}

function changedKey(keys: HostKeys, shown: Buffer, known: KnownHostLine): TokenrackError {
  const message = `the host key of ${hostOf(keys)} has changed: known is ${describe(known.key)} (${known.file}:${known.line}), now it shows ${describe(shown)}. Either somebody is in between, or the machine was installed anew; no connection is made until a person has found out which`;
  const { file, line } = known;
  return new InfraError('host-key-changed', message, {
    ...details(keys, shown),
    known: fingerprint(known.key),
    file,
    line,
  });
}

function unknownKey(keys: HostKeys, shown: Buffer): TokenrackError {
  const type = keyType(shown) ?? 'unknown';
  const entry = `${hostName(keys.address, keys.port)} ${type} ${shown.toString('base64')}`;
  const file = `/etc/ssh/ssh_host_${shortType(type)}_key.pub`;
  const authority = keys.authorities[0];
  const unsupported =
    authority === undefined
      ? ''
      : ` (${authority.file}:${authority.line} names a certificate authority for it, which is not supported)`;
  const message = `the host key of ${hostOf(keys)} is not known${unsupported}: it shows ${describe(shown)}. Compare that with what \`ssh-keygen -lf ${file}\` says on the machine itself; if it is the same, add this line to ${keys.files[0] ?? 'a known_hosts file'}: ${entry}`;
  return new ConfigError('host-key-unknown', message, { ...details(keys, shown), entry, files: keys.files });
}

function details({ address, port }: HostKeys, shown: Buffer): Record<string, unknown> {
  return { address, port, fingerprint: fingerprint(shown) };
}

function hostOf({ address, port }: HostKeys): string {
  return `${address} port ${port}`;
}

function describe(key: Buffer): string {
  return `${keyType(key) ?? 'a key of no type'} ${fingerprint(key)}`;
}

/** The middle of the name that OpenSSH gives the file of a key. */
function shortType(type: string): string {
  if (type.startsWith('ecdsa-')) return 'ecdsa';
  return type.replace(/^ssh-/, '');
}
