import { connect, type Socket } from 'node:net';
import type { After } from './com-port-client.js';
import { connectFailure, noAnswer } from './rfc2217-failure.js';
import { parseRfc2217Path } from './rfc2217-url.js';

/** The system's own timers. */
export const systemAfter: After = (delayMs, act) => {
  const timer = setTimeout(act, delayMs);
  return () => clearTimeout(timer);
};

/** How long a server may take to connect, and for each answer, unless somebody says otherwise. */
export const defaultAnswerMs = 3000;

export interface ConnectOptions {
  /** `rfc2217://HOST:PORT` */
  readonly path: string;
  readonly answerTimeoutMs?: number;
  readonly after?: After;
}

/** Resolves with a socket that is connected. @throws InfraError `link-refused`, `link-timeout`; ConfigError */
export function connectTo(options: ConnectOptions): Promise<Socket> {
  const { path, after = systemAfter, answerTimeoutMs = defaultAnswerMs } = options;
  const { host, port } = parseRfc2217Path(path);
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port, noDelay: true, keepAlive: true });
    const cancel = after(answerTimeoutMs, () =>
      socket.destroy(noAnswer(path, 'the connection', answerTimeoutMs)),
    );
    const fail = (error: NodeJS.ErrnoException) => {
      cancel();
      reject(error.code === 'link-timeout' ? error : connectFailure(path, error));
    };
    socket.once('error', fail);
    socket.once('connect', () => {
      cancel();
      socket.off('error', fail);
      resolve(socket);
    });
  });
}
