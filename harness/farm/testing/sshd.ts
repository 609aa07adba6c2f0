import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { freePort } from '../../link/testing/free-port.js';
import type { RackHost } from '../../rack/host-schema.js';
import { ServerProcess } from '../../testing/server-process.js';
import { type KeyPair, type KeyType, makeKey } from './sshd-keys.js';

const SFTP = 'Subsystem sftp internal-sftp';

/** OpenSSH insists on a full path, to start itself again for each connection. */
const SSHD = '/usr/sbin/sshd';
/** What it separates privileges in when root starts it; the Debian package's service makes it at boot. */
const PRIVILEGE_FOLDER = '/run/sshd';

/** What keeps sshd from being started here; undefined when it can be. */
export function sshdMissing(): string | undefined {
  if (!existsSync(SSHD)) return `there is no ${SSHD} (Debian: apt install openssh-server)`;
  if (spawnSync('ssh-keygen', ['-?']).error !== undefined)
    return 'there is no ssh-keygen (Debian: apt install openssh-client)';
  if (userInfo().uid !== 0 || existsSync(PRIVILEGE_FOLDER)) return undefined;
  try {
    mkdirSync(PRIVILEGE_FOLDER, { mode: 0o755 });
    return undefined;
  } catch (error) {
    return `${PRIVILEGE_FOLDER} is not there and cannot be made: ${(error as Error).message}`;
  }
}

export interface SshdOptions {
  /** Of the host keys; default ed25519 alone. */
  readonly hostKeys?: readonly KeyType[];
  /** Further lines for sshd_config. */
  readonly config?: readonly string[];
  /** Whether files can be moved; default true. */
  readonly sftp?: boolean;
}

/**
 * A real OpenSSH server for tests: throw-away keys, this user only, a free loopback port. Disposing of it kills it with its sessions
 * and removes its folder.
 */
export class Sshd implements AsyncDisposable {
  private readonly server = new ServerProcess((pid) => signalSessionsOf(pid, 'SIGKILL'));

  private constructor(
    readonly folder: string,
    readonly port: number,
    readonly hostKeys: readonly KeyPair[],
    /** May log in. */
    readonly userKey: KeyPair,
    private readonly config: readonly string[],
  ) {}

  /** @throws Error with the server's log when it does not come up */
  static async start({ hostKeys = ['ed25519'], config = [], sftp = true }: SshdOptions = {}): Promise<Sshd> {
    const trouble = sshdMissing();
    if (trouble !== undefined) throw new Error(trouble);
    const folder = await mkdtemp(join(tmpdir(), 'tokenrack-sshd-'));
    const keys: KeyPair[] = [];
    for (const type of hostKeys) keys.push(await makeKey(join(folder, `host_${type}`), type));
    const userKey = await makeKey(join(folder, 'user_key'));
    await writeFile(join(folder, 'authorized_keys'), `${userKey.publicLine}\n`);
    const server = new Sshd(folder, await freePort(), keys, userKey, [...config, ...(sftp ? [SFTP] : [])]);
    await writeFile(
      server.knownHosts,
      keys.map(({ publicLine }) => `${server.entry(publicLine)}\n`).join(''),
    );
    try {
      await server.start();
      return server;
    } catch (error) {
      await server[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** A known_hosts file with this server's keys. */
  get knownHosts(): string {
    return join(this.folder, 'known_hosts');
  }

  /** A host of rack.yaml that reaches this server. */
  host(changes: Partial<RackHost> = {}): RackHost {
    return { ...this.target, id: 'lab', jump: [], command: ['tokenrack'], ...changes };
  }

  get target() {
    const { port, knownHosts, userKey } = this;
    return { address: '127.0.0.1', port, identity_file: userKey.file, known_hosts: [knownHosts] };
  }

  /** A line of known_hosts that names this server. */
  entry(publicLine: string): string {
    return `[127.0.0.1]:${this.port} ${publicLine}`;
  }

  /** Starts it again after `kill`, at the port it had. Does nothing while it runs. */
  async start(): Promise<void> {
    const file = join(this.folder, 'sshd_config');
    await writeFile(file, this.configText());
    await this.server.start({
      program: SSHD,
      words: ['-f', file, '-D', '-e'],
      logsTo: 'stderr',
      ready: /Server listening on/,
    });
  }

  /** SIGKILL to the server and its sessions, as when the machine is switched off. Programs that left their session live on. */
  kill(): Promise<void> {
    return this.server.kill();
  }

  /** Signals the processes of the server's connections: SIGKILL ends connections, SIGSTOP makes them silent. Returns how many. */
  signalSessions(signal: NodeJS.Signals): number {
    return signalSessionsOf(this.server.pid, signal);
  }

  /** What the server wrote about its doings. */
  get text(): string {
    return this.server.text;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill();
    await rm(this.folder, { recursive: true, force: true });
  }

  private configText(): string {
    return [
      `Port ${this.port}`,
      'ListenAddress 127.0.0.1',
      ...this.hostKeys.map(({ file }) => `HostKey ${file}`),
      `PidFile ${join(this.folder, 'sshd.pid')}`,
      `AuthorizedKeysFile ${join(this.folder, 'authorized_keys')}`,
      'StrictModes no',
      'UsePAM no',
      'PasswordAuthentication no',
      'PermitRootLogin yes',
      'AllowTcpForwarding yes',
      'MaxSessions 50',
      'MaxStartups 100',
      'PrintMotd no',
      ...this.config,
      '',
    ].join('\n');
  }
}

/** Returns how many there were. */
function signalSessionsOf(server: number | undefined, signal: NodeJS.Signals): number {
  const pids = sessionsOf(server);
  for (const pid of pids) signalProcess(pid, signal);
  return pids.length;
}

/** The sshd processes below the server: one for each connection, or two where it changes its user. */
function sessionsOf(server: number | undefined): number[] {
  if (server === undefined) return [];
  return childrenOf(server).flatMap((pid) =>
    nameOf(pid).startsWith('sshd') ? [pid, ...sessionsOf(pid)] : [],
  );
}

function childrenOf(pid: number): number[] {
  const tasks = `/proc/${pid}/task`;
  if (!existsSync(tasks)) return [];
  return readdirSync(tasks).flatMap((task) =>
    readOr(`${tasks}/${task}/children`).split(' ').map(Number).filter(Boolean),
  );
}

function nameOf(pid: number): string {
  return readOr(`/proc/${pid}/comm`);
}

/** A process may be gone by the time that it is looked at. */
function readOr(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

function signalProcess(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}
