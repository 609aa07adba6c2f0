import { execFile } from 'node:child_process';
import { readFile, rm } from 'node:fs/promises';
import { promisify } from 'node:util';

const run = promisify(execFile);

export type KeyType = 'ed25519' | 'ecdsa' | 'rsa';

export interface KeyPair {
  /** Of the private key; the public one has `.pub` after it. */
  readonly file: string;
  /** `ssh-ed25519 AAAA...`, without a comment. */
  readonly publicLine: string;
  /** As `ssh-keygen -l` says it. */
  readonly fingerprint: string;
}

/** Makes a key with the real ssh-keygen, in place of the one that the file holds. */
export async function makeKey(file: string, type: KeyType = 'ed25519', passphrase = ''): Promise<KeyPair> {
  await rm(file, { force: true });
  await rm(`${file}.pub`, { force: true });
  await run('ssh-keygen', ['-q', '-t', type, '-N', passphrase, '-C', '', '-f', file]);
  const { stdout } = await run('ssh-keygen', ['-lf', `${file}.pub`]);
  const publicLine = (await readFile(`${file}.pub`, 'utf8')).trim();
  return { file, publicLine, fingerprint: stdout.split(' ')[1]! };
}

/** Replaces the names of a known_hosts file by their hashes, as `HashKnownHosts yes` does. */
export async function hashKnownHosts(file: string): Promise<void> {
  await run('ssh-keygen', ['-H', '-f', file]);
  await rm(`${file}.old`, { force: true });
}
