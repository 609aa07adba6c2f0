import { readEnvironment } from '../../config/environment.js';
import type { SshTarget } from '../../rack/host-schema.js';
import { reachDirectly, reachThrough } from './reach.js';
import { SshConnection } from './ssh-connection.js';
import { type Login, type LoginOptions, login } from './ssh-login.js';

/** A machine and the way to it. */
export interface SshRoute extends SshTarget {
  /** For messages. */
  readonly id: string;
  /** Machines to go through, the nearest first. */
  readonly jump: readonly SshTarget[];
}

export interface SshOptions {
  /** Ends the attempt, and later the connection. */
  readonly signal?: AbortSignal;
  /** Files of known host keys for machines that name none of their own. */
  readonly knownHosts?: readonly string[];
  /** Default: as the environment says. */
  readonly agentSocket?: string;
  /** Of each step; default 15,000. */
  readonly timeoutMs?: number;
  /** After how long a silent machine counts as dead; default 16,000. */
  readonly deadAfterMs?: number;
}

/**
 * Connects to a machine, by way of others where the route has them; each one's host key must be known.
 * @throws InfraError `ssh-unreachable`, `ssh-timeout`, `ssh-refused`, `host-key-changed`, `host-key-revoked`, `ssh-agent`;
 * ConfigError `host-key-unknown`, `ssh-auth`, `ssh-key`, `no-ssh-key`, `bad-known-hosts`; the signal's reason
 */
export async function connectSsh(route: SshRoute, options: SshOptions = {}): Promise<SshConnection> {
  const { signal, knownHosts } = options;
  const settings: LoginOptions = {
    signal,
    agentSocket: options.agentSocket ?? readEnvironment().sshAgentSocket,
    timeoutMs: options.timeoutMs ?? 15_000,
    deadAfterMs: options.deadAfterMs ?? 16_000,
  };
  const logins: Login[] = [];
  try {
    for (const target of [...route.jump, route]) {
      const named = target.known_hosts ?? knownHosts;
      const full = named === undefined ? target : { ...target, known_hosts: [...named] };
      logins.push(await login(full, await reach(route, logins, target, settings), settings));
    }
  } catch (error) {
    if (logins.length > 0) await new SshConnection(route.id, logins).close();
    throw error;
  }
  const connection = new SshConnection(route.id, logins);
  closeOnAbort(connection, signal);
  return connection;
}

async function reach(route: SshRoute, logins: readonly Login[], target: SshTarget, settings: LoginOptions) {
  const via = logins.at(-1);
  if (via === undefined) return await reachDirectly(target, settings);
  return await reachThrough(via, route.jump[logins.length - 1]!.address, target, settings);
}

function closeOnAbort(connection: SshConnection, signal: AbortSignal | undefined): void {
  if (signal === undefined) return;
  const close = (): void => void connection.close();
  signal.addEventListener('abort', close, { once: true });
  void connection.closed.finally(() => signal.removeEventListener('abort', close));
  if (signal.aborted) close();
}
