import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { rfc2217Path } from '../rfc2217-url.js';
import { freePort } from './free-port.js';

/** A real ser2net with one device. */
export interface Ser2net extends AsyncDisposable {
  /** `rfc2217://...`; a device without modem lines needs `?ign_set_control`: ser2net then does not confirm them. */
  readonly url: string;
  close(): Promise<void>;
}

/** Whether ser2net 4 and, for the ptys before it, socat can be started here. */
export function ser2netAvailable(): boolean {
  const version = spawnSync('ser2net', ['-v'], { encoding: 'utf8' }).stdout ?? '';
  return /version 4\./.test(version) && spawnSync('socat', ['-V']).status === 0;
}

/** Serves `device` at a free port of the loopback interface; its files go into `folder`. */
export async function startSer2net(device: string, folder: string): Promise<Ser2net> {
  const port = await freePort();
  const configuration = join(folder, 'ser2net.yaml');
  await writeFile(configuration, configurationOf(device, port));
  // -d: in the foreground; -u: no lock files, whose folder may belong to root.
  const server = spawn('ser2net', ['-d', '-u', '-c', configuration], { stdio: 'ignore' });
  const exited = once(server, 'exit');
  await listening(server, port);
  const close = async (): Promise<void> => {
    if (server.exitCode === null && server.kill()) await exited;
  };
  return { url: rfc2217Path('127.0.0.1', port), close, [Symbol.asyncDispose]: close };
}

function configurationOf(device: string, port: number): string {
  return `%YAML 1.1
---
connection: &board
  accepter: telnet(rfc2217),tcp,127.0.0.1,${port}
  connector: serialdev,${device},115200n81,local
`;
}

const STATE_LISTEN = '0A';

/** Connecting to see whether it listens would open the device: Linux's list of sockets tells without. */
async function listening(server: ChildProcess, port: number): Promise<void> {
  const local = `0100007F:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  for (;;) {
    if (server.exitCode !== null) throw new Error(`ser2net ended with ${server.exitCode}`);
    const sockets = await readFile('/proc/net/tcp', 'utf8');
    const found = sockets.split('\n').some((line) => {
      const [, address, , state] = line.trim().split(/\s+/);
      return address === local && state === STATE_LISTEN;
    });
    if (found) return;
    await sleep(10);
  }
}
