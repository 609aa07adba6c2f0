import { spawnSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ServerProcess } from '../../../testing/server-process.js';
import { type HttpSettings, influxdConfig } from './influxd-config.js';
import {
  type InfluxdCredentials,
  type InfluxSeries,
  queryInfluxd,
  writeInfluxd,
} from './influxd-requests.js';

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
  private readonly server = new ServerProcess();
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
    const config = join(this.folder, 'influxd.conf');
    await writeFile(config, influxdConfig(this.folder, this.port, this.http));
    const found = await this.server.start({
      program: 'influxd',
      words: ['-config', config],
      logsTo: 'stderr',
      // Only the server itself can choose a free port without a race.
      ready: /msg="Listening on HTTP".* addr=127\.0\.0\.1:(\d+)/,
    });
    if (found !== undefined) this.port = Number(found[1]);
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
