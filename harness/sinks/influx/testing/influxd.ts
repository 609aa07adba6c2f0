import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type HttpSettings, influxdConfig } from './influxd-config.js';
import {
  type InfluxdCredentials,
  type InfluxSeries,
  queryInfluxd,
  writeInfluxd,
} from './influxd-requests.js';

const startTimeoutMs = 20_000;

/** Version of the `influxd` that is installed; absent when there is none. */
export function influxdAvailable(): string | undefined {
  const { status, stdout } = spawnSync('influxd', ['version'], { encoding: 'utf8' });
  return status === 0 ? stdout.trim() : undefined;
}

export interface InfluxdOptions {
  /** Lines for `[http]`, such as `{'auth-enabled': true}`. */
  readonly http?: HttpSettings;
  /** Made by `CREATE DATABASE` at the first start; default `tokenrack`. */
  readonly database?: string;
  /** Makes the server ask for this user's name and password, who may do everything. */
  readonly credentials?: InfluxdCredentials;
}

/**
 * A real InfluxDB server for tests: `influxd` with folders of its own on a free loopback port. It can be killed, hung and
 * started again at the same port with what it had acknowledged. Disposing of it kills it and removes its folders.
 */
export class Influxd implements AsyncDisposable {
  private child: ChildProcess | undefined;
  private port = 0;

  private constructor(
    private readonly folder: string,
    private readonly http: HttpSettings,
    readonly database: string,
    private readonly credentials: InfluxdCredentials | undefined,
  ) {}

  /** @throws Error with the server's log when it does not come up. */
  static async start(options: InfluxdOptions = {}): Promise<Influxd> {
    const { http = {}, database = 'tokenrack', credentials } = options;
    const folder = await mkdtemp(join(tmpdir(), 'tokenrack-influxd-'));
    const settings = credentials === undefined ? http : { 'auth-enabled': true, ...http };
    const server = new Influxd(folder, settings, database, credentials);
    try {
      await server.start();
      if (credentials !== undefined) await server.query(createUser(credentials));
      await server.query(`CREATE DATABASE "${database}"`);
      return server;
    } catch (error) {
      await server[Symbol.asyncDispose]();
      throw error;
    }
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  private get address(): { url: string; credentials: InfluxdCredentials | undefined } {
    return { url: this.url, credentials: this.credentials };
  }

  /** Starts it again after `kill`, at the port it had. Does nothing while it runs. */
  async start(): Promise<void> {
    if (this.child !== undefined) return;
    const config = join(this.folder, 'influxd.conf');
    await writeFile(config, influxdConfig(this.folder, this.port, this.http));
    const child = spawn('influxd', ['-config', config], { stdio: ['ignore', 'ignore', 'pipe'] });
    this.child = child;
    process.once('exit', killAtExit(child));
    this.port = await listeningPort(child);
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

  /** Series of one InfluxQL statement, times in nanoseconds as text; the statement may be any, such as SHOW or DROP. */
  query(influxql: string, database = this.database): Promise<InfluxSeries[]> {
    return queryInfluxd({ ...this.address, database }, influxql);
  }

  /** Writes line protocol with nanosecond times. @throws Error with the server's message when it refuses. */
  write(lines: string | readonly string[], database = this.database): Promise<void> {
    return writeInfluxd({ ...this.address, database }, typeof lines === 'string' ? lines : lines.join('\n'));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill();
    await rm(this.folder, { recursive: true, force: true });
  }
}

function createUser({ username, password }: InfluxdCredentials): string {
  return `CREATE USER "${username}" WITH PASSWORD '${password}' WITH ALL PRIVILEGES`;
}

/** A server must not outlive the tests that started it; the child's own end takes the hook away. */
function killAtExit(child: ChildProcess): () => void {
  const hook = (): void => void child.kill('SIGKILL');
  child.once('exit', () => process.off('exit', hook));
  return hook;
}

/** The port that the log says it listens at: only the server itself can choose a free one without a race. */
function listeningPort(child: ChildProcess): Promise<number> {
  return new Promise((resolve, reject) => {
    let log = '';
    const fail = (why: string): void => reject(new Error(`influxd ${why}; its log:\n${log}`));
    const timer = setTimeout(() => fail(`did not listen within ${startTimeoutMs} ms`), startTimeoutMs);
    child.once('error', (error) => fail(error.message));
    child.once('exit', (code) => fail(`ended with status ${code}`));
    child.once('close', () => clearTimeout(timer));
    child.stderr!.setEncoding('utf8').on('data', (text: string) => {
      log = (log + text).slice(-20_000);
      const port = /msg="Listening on HTTP".* addr=127\.0\.0\.1:(\d+)/.exec(log)?.[1];
      if (port === undefined) return;
      clearTimeout(timer);
      resolve(Number(port));
    });
  });
}
