import type { SshTarget } from '../../rack/host-schema.js';
import type { SshRoute } from './connect-ssh.js';
import { expandHome } from './expand-home.js';
import { quoteCommand } from './quote.js';

/** A command line for people that takes OpenSSH the way the harness goes: same ports, keys and known hosts, by way of the same machines. */
export function sshCommand({ jump, ...target }: Omit<SshRoute, 'id'>): string {
  const proxy = jump.reduce<string | undefined>((way, through, index) => {
    const { address, port } = jump[index + 1] ?? target;
    const next = `${address.includes(':') ? `[${address}]` : address}:${port}`;
    return quoteCommand(['ssh', ...optionsOf(through, way), '-W', next, nameOf(through)]);
  }, undefined);
  return quoteCommand(['ssh', ...optionsOf(target, proxy), nameOf(target)]);
}

function optionsOf({ port, identity_file: key, known_hosts: known }: SshTarget, proxy?: string): string[] {
  return [
    ...(port === 22 ? [] : ['-p', String(port)]),
    ...(key === undefined ? [] : ['-i', expandHome(key), '-o', 'IdentitiesOnly=yes']),
    ...(known === undefined ? [] : ['-o', `UserKnownHostsFile=${known.map(expandHome).join(' ')}`]),
    // OpenSSH replaces what begins with % in it, and hands it to a shell.
    ...(proxy === undefined ? [] : ['-o', `ProxyCommand=${proxy.replaceAll('%', '%%')}`]),
  ];
}

function nameOf({ user, address }: SshTarget): string {
  return user === undefined ? address : `${user}@${address}`;
}
