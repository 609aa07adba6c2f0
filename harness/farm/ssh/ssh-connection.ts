import type { Readable, Writable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ClientChannel } from 'ssh2';
import { InfraError } from '../../errors.js';
import { withDeadline } from './deadline.js';
import { quoteCommand } from './quote.js';
import { Sftp } from './sftp.js';
import type { Login } from './ssh-login.js';

const START_TIMEOUT_MS = 15_000;
/** A connection that is asked to end and does not is cut. */
const CLOSE_TIMEOUT_MS = 1000;

/** How a program ended: by itself with a status, or by a signal. Neither when the far end did not say. */
export interface SshExit {
  readonly code?: number;
  readonly signal?: string;
}

/** A program that runs on the far machine. `stdout` and `stderr` must both be read. */
export interface SshProcess {
  readonly stdin: Writable;
  readonly stdout: Readable;
  readonly stderr: Readable;
  /** @throws InfraError `ssh-lost` when the connection ended first; what became of the program is not known then */
  readonly done: Promise<SshExit>;
}

/** An SSH connection to a machine, through others if need be. */
export class SshConnection implements AsyncDisposable {
  /** Resolves when it has ended: with why, or undefined when it was closed on purpose. */
  readonly closed: Promise<InfraError | undefined>;
  private readonly lost: Promise<never>;
  private readonly sftp: Sftp;
  private closing: Promise<void> | undefined;

  /** @param logins the machines on the way, the last the one meant */
  constructor(
    readonly name: string,
    private readonly logins: readonly Login[],
  ) {
    this.closed = this.last.gone.then((error) => this.afterwards(error));
    this.lost = this.closed.then((error) => {
      throw error ?? new InfraError('ssh-lost', `the connection to ${name} was closed`, { host: name });
    });
    this.lost.catch(() => {});
    this.sftp = new Sftp(this.last.ssh, name, this.lost);
  }

  /** Starts a program with these very arguments, by the login shell there. @throws InfraError `ssh-lost`, `ssh-refused`, `ssh-timeout` */
  async start(argv: readonly string[]): Promise<SshProcess> {
    const command = quoteCommand(argv);
    const channel = await withDeadline(Promise.race([this.exec(command), this.lost]), {
      waitingFor: `start of ${argv[0]} on ${this.name}`,
      timeoutMs: START_TIMEOUT_MS,
    }).catch((error: Error) => this.notStarted(argv, error));
    const done = Promise.race([ended(channel), this.lost]);
    done.catch(() => {});
    return { stdin: channel, stdout: channel, stderr: channel.stderr, done };
  }

  /** Puts a file there, whole or not at all. @throws InfraError `sftp`, `no-remote-file` (its folder), `ssh-lost`, `ssh-timeout` */
  upload(local: string, remote: string): Promise<void> {
    return this.sftp.upload(local, remote);
  }

  /** Gets a file from there, whole or not at all. @throws InfraError `no-remote-file`, `sftp`, `ssh-lost`, `ssh-timeout` */
  download(remote: string, local: string): Promise<void> {
    return this.sftp.download(remote, local);
  }

  /** Ends it; programs there see the end of their input. Does nothing the second time. */
  close(): Promise<void> {
    this.closing ??= this.endAll();
    return this.closing;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  private get last(): Login {
    return this.logins.at(-1)!;
  }

  private async endAll(): Promise<void> {
    for (const { ssh, gone, socket } of [...this.logins].reverse()) {
      ssh.dispose();
      await Promise.race([gone, sleep(CLOSE_TIMEOUT_MS, undefined, { ref: false })]);
      socket.destroy();
    }
  }

  private async afterwards(error: Error | undefined): Promise<InfraError | undefined> {
    if (this.closing !== undefined) return undefined;
    void this.close();
    const why = error?.message ?? 'the other end closed it';
    return new InfraError('ssh-lost', `the connection to ${this.name} is lost: ${why}`, {
      cause: error,
      host: this.name,
    });
  }

  /** What ends with the connection fails a moment before that is known to be lost. */
  private async notStarted(argv: readonly string[], error: Error): Promise<never> {
    if (error instanceof InfraError) throw error;
    await Promise.race([this.lost, new Promise((tick) => setImmediate(tick))]);
    throw new InfraError('ssh-refused', `${this.name} does not start ${argv[0]}: ${error.message}`, {
      cause: error,
      host: this.name,
    });
  }

  /** node-ssh's own `execCommand` keeps all that was printed in memory, and waits for the end. */
  private exec(command: string): Promise<ClientChannel> {
    return new Promise((resolve, reject) => {
      const client = this.last.ssh.connection;
      if (client === null)
        return reject(new InfraError('ssh-lost', `the connection to ${this.name} is lost`));
      client.exec(command, (error, channel) => (error ? reject(error) : resolve(channel)));
    });
  }
}

function ended(channel: ClientChannel): Promise<SshExit> {
  return new Promise((resolve) => {
    let exit: SshExit = {};
    channel.on('exit', (code: number | null, signal?: string) => {
      exit = code === null ? (signal === undefined ? {} : { signal }) : { code };
    });
    // A channel closes with its connection, a moment before that is known to be lost.
    channel.once('close', () => setImmediate(() => resolve(exit)));
  });
}
