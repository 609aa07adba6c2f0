import { spawnSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '../../link/testing/free-port.js';
import { ServerProcess } from '../../testing/server-process.js';

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
  private readonly server = new ServerProcess();
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

  /** What the server wrote about its doings. */
  get text(): string {
    return this.server.text;
  }

  /** Starts it again after `kill`, at the port it had. Does nothing while it runs. */
  async start(): Promise<void> {
    const words = ['--port', `${this.port}`, '--bind', '127.0.0.1', '--dir', this.folder];
    await this.server.start({
      program: 'redis-server',
      words: [...words, '--appendonly', 'yes', '--save', '', ...this.settings],
      logsTo: 'stdout',
      ready: /Ready to accept connections/,
    });
  }

  /** SIGKILL, as when the machine is switched off; resolves when the process is gone. Does nothing when it is not there. */
  kill(): Promise<void> {
    return this.server.kill();
  }

  /** SIGSTOP: connections are accepted by the kernel and nothing answers. */
  stop(): Promise<void> {
    return this.server.stop();
  }

  cont(): void {
    this.server.cont();
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
