import { once } from 'node:events';
import { userInfo } from 'node:os';
import type { Duplex } from 'node:stream';
import { NodeSSH } from 'node-ssh';
import { ConfigError, InfraError, type TokenrackError } from '../../errors.js';
import type { SshTarget } from '../../rack/host-schema.js';
import { withDeadline } from './deadline.js';
import { type HostKeys, hostKeyAlgorithms, hostKeyTrouble, readHostKeys } from './host-key.js';
import { chooseIdentity, type SshIdentity } from './ssh-identity.js';
import { watchSilence } from './watch-silence.js';

export interface LoginOptions {
  readonly signal?: AbortSignal | undefined;
  /** Socket of the SSH agent; absent when there is none. */
  readonly agentSocket?: string | undefined;
  /** For each step of the way in. */
  readonly timeoutMs: number;
  /** So long without a byte, though it was asked for one, and the other end counts as dead. */
  readonly deadAfterMs: number;
}

/** One machine that is logged in to. */
export interface Login {
  readonly ssh: NodeSSH;
  readonly socket: Duplex;
  /** Resolves when the connection is gone, with why when somebody knows. */
  readonly gone: Promise<Error | undefined>;
}

/**
 * Logs in over a socket that reaches the target: its host key is checked against the known ones before anything is said to it.
 * The socket is destroyed when that fails.
 * @throws ConfigError `host-key-unknown`, `ssh-auth`, `ssh-key`, `no-ssh-key`; InfraError `host-key-changed`,
 * `host-key-revoked`, `ssh-timeout`, `ssh-refused`
 */
export async function login(target: SshTarget, socket: Duplex, options: LoginOptions): Promise<Login> {
  try {
    const identity = await chooseIdentity(target.identity_file, options.agentSocket);
    const keys = await readHostKeys(target.address, target.port, target.known_hosts);
    return await new Handshake(target, keys, identity, socket, options).run();
  } catch (error) {
    socket.on('error', () => {});
    socket.destroy();
    throw error;
  }
}

class Handshake {
  private readonly ssh = new NodeSSH();
  private readonly user: string;
  private step = 'the key exchange';
  private keyTrouble: TokenrackError | undefined;
  private trouble: Error | undefined;

  constructor(
    private readonly target: SshTarget,
    private readonly keys: HostKeys,
    private readonly identity: SshIdentity,
    private readonly socket: Duplex,
    private readonly options: LoginOptions,
  ) {
    this.user = target.user ?? userInfo().username;
  }

  async run(): Promise<Login> {
    const ready = this.ssh.connect(this.config());
    ready.catch(() => {});
    const client = this.ssh.connection!;
    client.on('error', (error) => {
      this.trouble ??= error;
    });
    const gone = new Promise<Error | undefined>((tell) => client.on('close', () => tell(this.trouble)));
    const unwatch = watchSilence(this.socket, this.options.deadAfterMs, (error) => {
      this.trouble = error;
      this.socket.destroy(error);
    });
    void gone.finally(unwatch);
    try {
      await this.within(Promise.race([once(client, 'handshake'), ready]));
      this.step = `the login as ${this.user}`;
      await this.within(ready);
    } catch (error) {
      unwatch();
      throw this.explain(error);
    }
    return { ssh: this.ssh, socket: this.socket, gone };
  }

  private within<T>(work: Promise<T>): Promise<T> {
    const { timeoutMs, signal } = this.options;
    return withDeadline(work, { waitingFor: `answer to ${this.step} from ${this.host}`, timeoutMs, signal });
  }

  /** Asks often for a sign of life and lets `watchSilence` judge: ssh2 counts answers only, which on a slow line wait behind data. */
  private config(): Parameters<NodeSSH['connect']>[0] {
    return {
      sock: this.socket,
      username: this.user,
      ...this.identity.login,
      authHandler: ['privateKey' in this.identity.login ? 'publickey' : 'agent'],
      readyTimeout: 0,
      keepaliveInterval: this.options.deadAfterMs / 4,
      keepaliveCountMax: Number.MAX_SAFE_INTEGER,
      algorithms: { serverHostKey: hostKeyAlgorithms(this.keys) },
      hostVerifier: (key: Buffer) => {
        this.keyTrouble = hostKeyTrouble(this.keys, key);
        return this.keyTrouble === undefined;
      },
    };
  }

  private explain(error: unknown): unknown {
    if (this.keyTrouble !== undefined) return this.keyTrouble;
    if (error instanceof InfraError || this.options.signal?.aborted) return error;
    const { message, level } = error as Error & { level?: string };
    const { address, port } = this.target;
    const details = { cause: error, address, port, user: this.user };
    if (level === 'client-authentication' || /authentication/i.test(message)) {
      const why = `${this.host} refuses the login of user ${this.user}: tried ${this.identity.tried}`;
      const help = `is the public half in ~/.ssh/authorized_keys of ${this.user} there?`;
      return new ConfigError('ssh-auth', `${why}; ${help}`, { ...details, tried: this.identity.tried });
    }
    return new InfraError(
      'ssh-refused',
      `${this.host} ended the connection during ${this.step}: ${message}`,
      details,
    );
  }

  private get host(): string {
    return `${this.target.address} port ${this.target.port}`;
  }
}
