import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { InfluxDB, type IPoint } from 'influx';
import { median } from '../../stats/median.js';
import { sendBeside } from './bench-beside.js';
import { samplePoints } from './bench-points.js';
import { toLine } from './line-protocol.js';
import type { Point } from './point.js';
import { Influxd } from './testing/influxd.js';

const POINTS = 100_000;
const BATCH = 5000;

/**
 * The same points through the spool and by the bare client's `writePoints`, batches of one size, in one process and into
 * one server, each into a database of its own; every round in the other order.
 */
export async function throughput(rounds: number): Promise<void> {
  await using server = await Influxd.start();
  const points = [...samplePoints(POINTS)];
  await spooled(server, points.slice(0, BATCH), 'warm_spool');
  await bare(server, points.slice(0, BATCH), 'warm_bare');
  const ratios: number[] = [];
  for (let round = 0; round < rounds; round++) {
    const ways = round % 2 === 0 ? ([spooled, bare] as const) : ([bare, spooled] as const);
    const rates = new Map<unknown, number>();
    for (const way of ways) rates.set(way, await way(server, points, `${way.name}_${round}`));
    const ratio = rates.get(spooled)! / rates.get(bare)!;
    ratios.push(ratio);
    const [ours, theirs] = [rates.get(spooled)!, rates.get(bare)!].map(Math.round);
    process.stdout.write(`round ${round + 1}: ${ours} and ${theirs} points/s, ratio ${ratio.toFixed(2)}\n`);
  }
  process.stdout.write(`spool / bare client, median of ${rounds}: ${median(ratios).value?.toFixed(2)}\n`);
}

/** @returns points a second */
async function spooled(server: Influxd, points: readonly Point[], database: string): Promise<number> {
  await server.query(`CREATE DATABASE "${database}"`);
  const folder = await mkdtemp(join(tmpdir(), 'tokenrack-spool-'));
  const startedAt = performance.now();
  await sendBeside(linesOf(points), folder, { url: new URL(server.url), database });
  const seconds = (performance.now() - startedAt) / 1000;
  await rm(folder, { recursive: true });
  return finish(server, points.length, database, seconds);
}

function* linesOf(points: readonly Point[]): Generator<string> {
  for (const point of points) yield toLine(point);
}

async function bare(server: Influxd, points: readonly Point[], database: string): Promise<number> {
  await server.query(`CREATE DATABASE "${database}"`);
  const { hostname: host, port } = new URL(server.url);
  const client = new InfluxDB({ host, port: Number(port), database });
  const startedAt = performance.now();
  for (let at = 0; at < points.length; at += BATCH)
    await client.writePoints(points.slice(at, at + BATCH).map(clientPoint));
  return finish(server, points.length, database, (performance.now() - startedAt) / 1000);
}

function clientPoint({ measurement, tags, fields, timestampNs }: Point): IPoint {
  return { measurement, tags: { ...tags }, fields: { ...fields }, timestamp: String(timestampNs) };
}

/** A rate counts only when all points are there. */
async function finish(server: Influxd, points: number, database: string, seconds: number): Promise<number> {
  const [count] = await server.query('SELECT count("decode_rate") FROM "generation"', database);
  if (count?.values[0]?.[1] !== points) throw new Error(`${database}: not all points arrived`);
  await server.query(`DROP DATABASE "${database}"`);
  return points / seconds;
}
