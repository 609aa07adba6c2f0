import { connect, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { InfraError } from '../../errors.js';
import type { SshTarget } from '../../rack/host-schema.js';
import { withDeadline } from './deadline.js';
import type { Login } from './ssh-login.js';

/** What a system's error means to somebody who wants to reach a machine. */
const REASONS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'nothing listens there',
  ENOTFOUND: 'no such name',
  EAI_AGAIN: 'the name server does not answer',
  EHOSTUNREACH: 'there is no way to it',
  ENETUNREACH: 'there is no network',
  ETIMEDOUT: 'it does not answer',
};

interface ReachOptions {
  readonly timeoutMs: number;
  readonly signal?: AbortSignal | undefined;
}

/** A TCP connection to the target. @throws InfraError `ssh-unreachable`, `ssh-timeout` */
export async function reachDirectly({ address, port }: SshTarget, options: ReachOptions): Promise<Duplex> {
  const socket = connect({ host: address, port, noDelay: true });
  try {
    await withDeadline(connected(socket), {
      waitingFor: `connection to ${address} port ${port}`,
      ...options,
    });
    return socket;
  } catch (error) {
    socket.destroy();
    if (error instanceof InfraError || options.signal?.aborted) throw error;
    throw unreachable(`${address} port ${port}`, error as NodeJS.ErrnoException);
  }
}

/** A connection to the target that a machine which is logged in to already makes. @throws as `reachDirectly` */
export async function reachThrough(
  via: Login,
  viaName: string,
  { address, port }: SshTarget,
  options: ReachOptions,
): Promise<Duplex> {
  const name = `${address} port ${port} by way of ${viaName}`;
  try {
    const channel = via.ssh.forwardOut('127.0.0.1', 0, address, port);
    return await withDeadline(channel, { waitingFor: `connection to ${name}`, ...options });
  } catch (error) {
    if (error instanceof InfraError || options.signal?.aborted) throw error;
    throw unreachable(name, error as NodeJS.ErrnoException);
  }
}

function connected(socket: Socket): Promise<void> {
  return new Promise((resolve, reject) => {
    socket.once('connect', resolve);
    socket.on('error', reject);
  });
}

function unreachable(name: string, error: NodeJS.ErrnoException): InfraError {
  const reason = REASONS[error.code ?? ''];
  const why = reason === undefined ? error.message : `${reason} (${error.code})`;
  return new InfraError('ssh-unreachable', `cannot reach ${name}: ${why}`, { cause: error });
}
