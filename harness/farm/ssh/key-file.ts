import { readFile, stat } from 'node:fs/promises';
import { ConfigError } from '../../errors.js';
import { expandHome } from './expand-home.js';
import { fingerprint } from './known-hosts.js';

/** A private key file as it is, not decrypted. */
export interface KeyFile {
  readonly path: string;
  readonly text: string;
  readonly encrypted: boolean;
  /** Of its public half; absent where the format does not say it in clear. */
  readonly fingerprint?: string;
}

/**
 * Reads a private key file.
 * @throws ConfigError `ssh-key` when it cannot be read, is no private key, or others may read it
 */
export async function readKeyFile(file: string): Promise<KeyFile> {
  const path = expandHome(file);
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    throw refuse(path, `it cannot be read (${error.code})`);
  });
  if (!/-----BEGIN [A-Z ]*PRIVATE KEY-----/.test(text)) {
    throw refuse(path, text.startsWith('ssh-') ? 'it is the public half' : 'it is no private key');
  }
  await refuseIfShared(path);
  return { path, text, ...factsOf(text) };
}

/** OpenSSH ignores such a key too; whoever could read it may have it. */
async function refuseIfShared(path: string): Promise<void> {
  const { mode, uid } = await stat(path);
  if (uid !== process.getuid?.() || (mode & 0o077) === 0) return;
  const rights = (mode & 0o777).toString(8);
  throw refuse(path, `others may read it (mode ${rights}); after \`chmod 600 ${path}\` it can be used`);
}

const OPENSSH = /-----BEGIN OPENSSH PRIVATE KEY-----([\s\S]*?)-----END/;

function factsOf(text: string): Pick<KeyFile, 'encrypted' | 'fingerprint'> {
  const body = OPENSSH.exec(text)?.[1];
  if (body === undefined) return { encrypted: /ENCRYPTED/.test(text) };
  const [cipher, , , , key] = openSshFields(Buffer.from(body, 'base64'));
  const encrypted = cipher?.toString('latin1') !== 'none';
  return { encrypted, ...(key === undefined ? {} : { fingerprint: fingerprint(key) }) };
}

/** Cipher, KDF, its options, number of keys, public key (OpenSSH, PROTOCOL.key). */
function openSshFields(bytes: Buffer): Buffer[] {
  const fields: Buffer[] = [];
  let at = 'openssh-key-v1\0'.length;
  while (fields.length < 5 && at + 4 <= bytes.length) {
    const length = fields.length === 3 ? 0 : bytes.readUInt32BE(at);
    fields.push(bytes.subarray(at + 4, at + 4 + length));
    at += 4 + length;
  }
  return fields;
}

function refuse(path: string, why: string): ConfigError {
  return new ConfigError('ssh-key', `${path} cannot be used as an identity_file: ${why}`, { path });
}
