import { ConfigError } from '../../errors.js';
import { agentKeys } from './agent-keys.js';
import { type KeyFile, readKeyFile } from './key-file.js';

/** What is shown to a server as proof of who asks, and how that is called in a message. */
export interface SshIdentity {
  /** For ssh2: one of the two. */
  readonly login: { readonly privateKey: string } | { readonly agent: string };
  readonly tried: string;
}

/**
 * The key of `identityFile`, or those of the SSH agent at `agentSocket`. There are no passwords. A key that is encrypted is used by
 * way of the agent, when it was added to it.
 * @throws ConfigError `ssh-key`, `no-ssh-key`; InfraError `ssh-agent`
 */
export async function chooseIdentity(
  identityFile: string | undefined,
  agentSocket: string | undefined,
): Promise<SshIdentity> {
  if (identityFile === undefined) return await fromAgent(agentSocket);
  const file = await readKeyFile(identityFile);
  if (file.encrypted) return await decryptedByAgent(file, agentSocket);
  const tried = `the key ${file.path}${file.fingerprint === undefined ? '' : ` (${file.fingerprint})`}`;
  return { login: { privateKey: file.text }, tried };
}

async function fromAgent(agent: string | undefined): Promise<SshIdentity> {
  if (agent === undefined) {
    const message =
      'there is no key to log in with: SSH_AUTH_SOCK names no agent, and the host has no identity_file';
    throw new ConfigError('no-ssh-key', message);
  }
  const keys = await agentKeys(agent);
  if (keys.length === 0) {
    throw new ConfigError(
      'no-ssh-key',
      `the SSH agent at ${agent} holds no keys: add one with \`ssh-add FILE\``,
    );
  }
  return { login: { agent }, tried: `the keys of the SSH agent (${keys.join(', ')})` };
}

async function decryptedByAgent(file: KeyFile, agent: string | undefined): Promise<SshIdentity> {
  const keys = agent === undefined ? [] : await agentKeys(agent);
  if (agent === undefined || file.fingerprint === undefined || !keys.includes(file.fingerprint)) {
    const where =
      agent === undefined ? 'there is no SSH agent (SSH_AUTH_SOCK)' : 'the SSH agent does not hold it';
    const message = `${file.path} is encrypted and ${where}: add it with \`ssh-add ${file.path}\`, nothing asks for passphrases`;
    throw new ConfigError('ssh-key', message, { path: file.path });
  }
  return { login: { agent }, tried: `the keys of the SSH agent, ${file.path} among them` };
}
