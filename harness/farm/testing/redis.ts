import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const START_TIMEOUT_MS = 20_000;
const PORT_TRIES = 5;

/** Version line of the `redis-server` that is installed; absent when there is none. */
export function redisAvailable(): string | undefined {
  const { status, stdout } = spawnSync('redis-server', ['--version'], { encoding: 'utf8' });
  return status === 0 ? stdout.trim() : undefined;
}

/**
 * A real Redis for tests, with an append-only file in a folder of its own, on a free loopback port. It can be killed, hung
 * and started again at the same port with what it had written. Disposing of it kills it and removes its folder.
 */
export class RedisServer implements AsyncDisposable {
  private child: ChildProcess | undefined;
  private port = 0;

  private constructor(
    private readonly folder: string,
    private readonly settings: readonly string[],
  ) {}

  /**
   * @param settings further words of its command line, such as `--appendonly no`
   * @throws Error with the server's log when it does not come up
   */
  static async start(...settings: string[]): Promise<RedisServer> {
    const folder = await mkdtemp(join(tmpdir(), 'tokenrack-redis-'));
    const server = new RedisServer(folder, settings);
    try {
      await server.startAtFreePort();
      return server;
    } catch (error) {
      await server[Symbol.asyncDispose]();
      throw error;
    }
  }

  get url(): string {
    return `redis://127.0.0.1:${this.port}`;
  }

  /** Starts it again after `kill`, at the port it had. Does nothing while it runs. */
  async start(): Promise<void> {
    if (this.child !== undefined) return;
    const words = ['--port', `${this.port}`, '--bind', '127.0.0.1', '--dir', this.folder];
    const child = spawn('redis-server', [...words, '--appendonly', 'yes', '--save', '', ...this.settings], {
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    this.child = child;
    process.once('exit', killAtExit(child));
    await untilReady(child);
  }

  /** SIGKILL, as when the machine is switched off; resolves when the process is gone. Does nothing when it is not there. */
  async kill(): Promise<void> {
    const { child } = this;
    this.child = undefined;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const gone = once(child, 'exit');
    child.kill('SIGKILL');
    await gone;
  }

  /** SIGSTOP: connections are accepted by the kernel and nothing answers. */
  stop(): void {
    this.child?.kill('SIGSTOP');
  }

  cont(): void {
    this.child?.kill('SIGCONT');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill();
    await rm(this.folder, { recursive: true, force: true });
  }

  /** Redis cannot choose a port itself, and somebody else may take a free one first: then another. */
  private async startAtFreePort(): Promise<void> {
    for (let left = PORT_TRIES; ; left--) {
      this.port = await freePort();
      try {
        return await this.start();
      } catch (error) {
        await this.kill();
        if (left === 1) throw error;
      }
    }
  }
}

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const address = probe.address();
  probe.close();
  await once(probe, 'close');
  if (address === null || typeof address === 'string') throw new Error('no free port');
  return address.port;
}

/** A server must not outlive the tests that started it; the child's own end takes the hook away. */
function killAtExit(child: ChildProcess): () => void {
  const hook = (): void => void child.kill('SIGKILL');
  child.once('exit', () => process.off('exit', hook));
  return hook;
}

function untilReady(child: ChildProcess): Promise<void> {
  return new Promise((resolve, reject) => {
    let log = '';
    const fail = (why: string): void => reject(new Error(`redis-server ${why}; its log:\n${log}`));
    const timer = setTimeout(() => fail(`was not ready within ${START_TIMEOUT_MS} ms`), START_TIMEOUT_MS);
    child.once('error', (error) => fail(error.message));
    child.once('exit', (code) => fail(`ended with status ${code}`));
    child.once('close', () => clearTimeout(timer));
    child.stdout!.setEncoding('utf8').on('data', (text: string) => {
      log = (log + text).slice(-20_000);
      if (!/Ready to accept connections/.test(log)) return;
      clearTimeout(timer);
      resolve();
    });
  });
}
