import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { drain } from './bench-beside.js';
import { samplePoints } from './bench-points.js';
import { InfluxClient } from './client.js';
import { toLine } from './line-protocol.js';
import { Sender } from './sender.js';
import { Spool } from './spool.js';
import { Quarantine } from './spool-quarantine.js';
import { Influxd } from './testing/influxd.js';

const POINTS = 1_000_000;

/** A million points pile up on disk while there is no server, and are sent when there is one: times and peak memory. */
export async function million(): Promise<void> {
  await using server = await Influxd.start();
  const folder = await mkdtemp(join(tmpdir(), 'tokenrack-spool-'));
  const spool = new Spool(folder);
  tell('before', 0);
  const spooling = performance.now();
  await spool.append(lines());
  tell('spooled', performance.now() - spooling);
  using client = new InfluxClient({ url: new URL(server.url), database: server.database });
  const sender = new Sender({ spool, quarantine: new Quarantine(folder), writer: client });
  const sending = performance.now();
  await drain(sender);
  tell('sent', performance.now() - sending);
  await rm(folder, { recursive: true });
  const [count] = await server.query('SELECT count("decode_rate") FROM "generation"');
  process.stdout.write(`points in the server: ${count?.values[0]?.[1]}\n`);
}

function* lines(): Generator<string> {
  for (const point of samplePoints(POINTS)) yield toLine(point);
}

function tell(what: string, elapsedMs: number): void {
  const peak = Math.round(process.resourceUsage().maxRSS / 1024);
  process.stdout.write(`${what}: ${(elapsedMs / 1000).toFixed(1)} s, peak memory ${peak} MB\n`);
}
