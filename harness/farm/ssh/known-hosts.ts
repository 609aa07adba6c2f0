import { createHash, createHmac, timingSafeEqual } from 'node:crypto';

/** One line of a known_hosts file (sshd(8), "SSH_KNOWN_HOSTS FILE FORMAT"). */
export interface KnownHostLine {
  readonly file: string;
  /** From 1. */
  readonly line: number;
  readonly marker?: 'revoked' | 'cert-authority';
  /** Host names as the line has them: patterns with commas, or one hashed name. */
  readonly names: string;
  /** Such as `ssh-ed25519`. */
  readonly type: string;
  /** The public key in SSH's wire format. */
  readonly key: Buffer;
}

/** Lines that hold a key; comments, blank lines and what is no key are passed over, as OpenSSH does. */
export function parseKnownHosts(file: string, text: string): KnownHostLine[] {
  return text.split('\n').flatMap((content, index) => parseLine(file, index + 1, content.trim()) ?? []);
}

function parseLine(file: string, line: number, content: string): KnownHostLine | undefined {
  if (content === '' || content.startsWith('#')) return undefined;
  const words = content.split(/\s+/);
  const marker = words[0]!.startsWith('@') ? words.shift()!.slice(1) : undefined;
  if (marker !== undefined && marker !== 'revoked' && marker !== 'cert-authority') return undefined;
  const [names, type, base64] = words;
  if (names === undefined || type === undefined || base64 === undefined) return undefined;
  const key = Buffer.from(base64, 'base64');
  if (keyType(key) !== type) return undefined;
  return { file, line, names, type, key, ...(marker === undefined ? {} : { marker }) };
}

/** How known_hosts names a host: the port only when it is not 22. */
export function hostName(address: string, port: number): string {
  const name = address.toLowerCase();
  return port === 22 ? name : `[${name}]:${port}`;
}

/** Whether a line's names cover a host: a negated pattern that matches takes the line away from it. */
export function coversHost(names: string, host: string): boolean {
  if (names.startsWith('|')) return coversHashed(names, host);
  let covered = false;
  for (const pattern of names.toLowerCase().split(',')) {
    const negated = pattern.startsWith('!');
    if (!matchesPattern(negated ? pattern.slice(1) : pattern, host)) continue;
    if (negated) return false;
    covered = true;
  }
  return covered;
}

/** `|1|salt|HMAC-SHA1(salt, host)`, both in base64. */
function coversHashed(names: string, host: string): boolean {
  const [, version, salt, hash, ...more] = names.split('|');
  if (version !== '1' || salt === undefined || hash === undefined || more.length > 0) return false;
  const expected = createHmac('sha1', Buffer.from(salt, 'base64')).update(host).digest();
  const found = Buffer.from(hash, 'base64');
  return found.length === expected.length && timingSafeEqual(found, expected);
}

/** `*` is any text, `?` one character, all else itself. */
function matchesPattern(pattern: string, host: string): boolean {
  const source = pattern
    .replaceAll(/[.+^${}()|[\]\\/-]/g, '\\$&')
    .replaceAll(/\*+/g, '.*')
    .replaceAll('?', '.');
  return new RegExp(`^${source}$`).test(host);
}

/** The type that a public key in wire format names first; undefined when it is none. */
export function keyType(key: Buffer): string | undefined {
  if (key.length < 4) return undefined;
  const length = key.readUInt32BE(0);
  return length > 0 && length <= 64 && 4 + length < key.length
    ? key.toString('latin1', 4, 4 + length)
    : undefined;
}

/** As `ssh-keygen -l` shows it. */
export function fingerprint(key: Buffer): string {
  return `SHA256:${createHash('sha256').update(key).digest('base64').replaceAll('=', '')}`;
}
