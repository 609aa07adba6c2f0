import type { Readable } from 'node:stream';
import { ConfigError, InfraError } from '../../errors.js';
import type { RackHost } from '../../rack/host-schema.js';
import { tokenrackVersion } from '../../version.js';
import type { BlobStore } from '../blobs/tree.js';
import { type HostClient, openHostClient } from '../host/client.js';
import type { HostMethod, HostParams, HostResult } from '../host/protocol.js';
import { connectSsh, type SshOptions } from './connect-ssh.js';
import { withDeadline } from './deadline.js';
import { openRemoteBlobs } from './remote-blobs.js';
import type { SshConnection, SshProcess } from './ssh-connection.js';

const HELLO_TIMEOUT_MS = 30_000;
/** Taking over or checking contents reads them whole from a slow disk. */
const CALL_TIMEOUT_MS = 300_000;
/** How long the program may take to say how it ended. */
const EXIT_TIMEOUT_MS = 1000;
const STDERR_BYTES = 2000;
/** What a shell answers for a program that is not there, or cannot be run. */
const NO_PROGRAM = [126, 127];

/** One conversation with `tokenrack host` on another machine, which lasts as long as its connection. */
export class HostSession {
  readonly blobs: BlobStore;

  private constructor(
    private readonly name: string,
    private readonly connection: SshConnection,
    private readonly client: HostClient,
    /** Which boot of the machine this is; absent where it cannot say. */
    readonly boot: string | undefined,
    blobsFolder: string,
  ) {
    this.blobs = openRemoteBlobs(connection, blobsFolder, {
      missing: async (hashes) => (await this.call('blobs.missing', { hashes: [...hashes] })).missing,
      keep: async (sha256, file) => void (await this.call('blobs.keep', { sha256, file })),
    });
  }

  /**
   * Connects, starts the program and exchanges versions.
   * @throws as `connectSsh`; ConfigError `other-version`, `no-host-program`; InfraError `host-ended`
   */
  static async open(host: RackHost, options: SshOptions): Promise<HostSession> {
    const connection = await connectSsh(host, options);
    try {
      const argv = [...host.command, 'host', ...(host.state === undefined ? [] : ['--state', host.state])];
      const program = await connection.start(argv);
      const stderr = new LastWords(program.stderr);
      const client = openHostClient({ stdin: program.stdin, stdout: program.stdout, name: host.id });
      const hello = await greet(client, host.id, options).catch(async (error: unknown) => {
        throw await whyNot(error, { host: host.id, argv, program, said: () => stderr.text });
      });
      return new HostSession(host.id, connection, client, hello.boot, hello.blobs);
    } catch (error) {
      await connection.close();
      throw error;
    }
  }

  /** @throws what the host says; InfraError `connection-lost`, `ssh-timeout` */
  call<M extends HostMethod>(method: M, params: HostParams<M>): Promise<HostResult<M>> {
    return withDeadline(this.client.call(method, params), {
      waitingFor: `answer to ${method} from ${this.name}`,
      timeoutMs: CALL_TIMEOUT_MS,
    });
  }

  get follow(): HostClient['follow'] {
    return this.client.follow.bind(this.client);
  }

  /** Resolves when nothing can be asked any more, with why. */
  get ended(): Promise<InfraError> {
    return this.client.ended;
  }

  close(): Promise<void> {
    return this.connection.close();
  }
}

function greet(
  client: HostClient,
  name: string,
  { signal, timeoutMs = HELLO_TIMEOUT_MS }: SshOptions,
): Promise<HostResult<'hello'>> {
  return withDeadline(client.hello(tokenrackVersion), {
    waitingFor: `answer to hello from ${name}`,
    timeoutMs,
    signal,
  });
}

interface Failed {
  readonly host: string;
  readonly argv: readonly string[];
  readonly program: SshProcess;
  readonly said: () => string;
}

/** A program that ended before it said hello tells why by its status and its last words; one that says nothing may be another one. */
async function whyNot(error: unknown, { host, argv, program, said }: Failed): Promise<unknown> {
  const { code, message } = error as { code?: unknown; message?: string };
  if (code === 'ssh-timeout') {
    const help = `does \`${argv.join(' ')}\` start tokenrack there? Give the host's \`command\` in rack.yaml`;
    return new InfraError('ssh-timeout', `${message}: ${help}`, { cause: error, host });
  }
  if (code !== 'connection-lost') return error;
  const exit = await withDeadline(program.done, { waitingFor: 'end', timeoutMs: EXIT_TIMEOUT_MS }).catch(
    () => undefined,
  );
  if (exit === undefined) return error;
  const words = said() === '' ? '' : `: ${said()}`;
  const what = `\`${argv.join(' ')}\` on ${host} ended with ${exit.signal ?? `status ${exit.code}`}${words}`;
  if (!NO_PROGRAM.includes(exit.code ?? 0)) return new InfraError('host-ended', what, { cause: error, host });
  const help = "give the host's `command` in rack.yaml with its whole path";
  return new ConfigError('no-host-program', `${what}; ${help}`, { cause: error, host });
}

/** The end of what a program prints, in one line. */
class LastWords {
  private kept = '';

  constructor(stream: Readable) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      this.kept = (this.kept + text).slice(-STDERR_BYTES);
    });
  }

  get text(): string {
    return this.kept.trim().replace(/\s*\n\s*/g, ' / ');
  }
}
