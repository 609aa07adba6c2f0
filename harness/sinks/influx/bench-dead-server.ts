import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { packageRoot } from '../../paths.js';
import { median } from '../../stats/median.js';

/** Paced by the wall clock, as a real board is: what the machine does besides hardly changes how long a run takes. */
const RACK = `boards:
  - { id: cam-1, link: virtual, mac: "24:6f:28:7a:00:01", chip_revision: 301, card_mode: 1-bit, pace: real }
`;
const RUN = ['run', '--prompt', 'Once upon a time', '--tokens', '60', '--repeats', '2'];

/**
 * The same run on a virtual board without a sink, with one whose server is gone (a closed port), and with one that hangs
 * (a port that accepts and never answers): whole commands, in turn, each round starting with another.
 */
export async function deadServer(rounds: number): Promise<void> {
  const hung = await listen();
  const closed = await listen();
  const arms: Readonly<Record<string, readonly string[]>> = {
    none: ['--sink', 'none'],
    gone: ['--sink', 'influx', urlOf(closed)],
    hung: ['--sink', 'influx', urlOf(hung)],
  };
  await new Promise((resolve) => closed.close(resolve));
  const folder = await mkdtemp(join(tmpdir(), 'tokenrack-dead-'));
  await writeFile(join(folder, 'rack.yaml'), RACK);
  await timeOf(folder, arms.none!);
  const ratios = { gone: [] as number[], hung: [] as number[] };
  for (let round = 0; round < rounds; round++) {
    const names = Object.keys(arms);
    const order = names.map((_, index) => names[(index + round) % names.length]!);
    const seconds: Record<string, number> = {};
    for (const name of order) seconds[name] = await timeOf(folder, arms[name]!);
    for (const name of ['gone', 'hung'] as const) ratios[name].push(seconds[name]! / seconds.none!);
    const times = names.map((name) => `${name} ${seconds[name]!.toFixed(2)} s`);
    process.stdout.write(`round ${round + 1}: ${times.join(', ')}\n`);
  }
  for (const [name, values] of Object.entries(ratios))
    process.stdout.write(`${name} / none, median of ${rounds}: ${median(values).value?.toFixed(4)}\n`);
  hung.close();
  await rm(folder, { recursive: true });
}

async function listen(): Promise<Server> {
  const server = createServer().listen(0, '127.0.0.1');
  server.on('connection', (socket) => socket.on('error', () => {}).resume());
  await once(server, 'listening');
  return server;
}

function urlOf(server: Server): string {
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** Seconds of wall time of the whole command. */
async function timeOf(folder: string, [flag, sink, url]: readonly string[]): Promise<number> {
  const main = join(packageRoot, 'dist', 'cli', 'main.js');
  const startedAt = performance.now();
  const child = spawn(process.execPath, [main, ...RUN, flag!, sink!], {
    cwd: folder,
    stdio: ['ignore', 'ignore', 'pipe'],
    env: { ...process.env, TOKENRACK_INFLUX_URL: url ?? '' },
  });
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    said += text;
  });
  const [code] = (await once(child, 'exit')) as [number | null];
  if (code !== 0) throw new Error(`the run ended with ${code}: ${said}`);
  return (performance.now() - startedAt) / 1000;
}
