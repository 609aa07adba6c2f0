import { expect } from 'chai';
import { readEnvironment } from '../../config/environment.js';
import { randomBits } from '../../model/random-bits.js';
import { InfluxClient } from './client.js';
import { Sender } from './sender.js';
import { Spool } from './spool.js';
import { Quarantine } from './spool-quarantine.js';
import { ChaosServer, type Mood } from './testing/chaos-server.js';
import { type DiskFaults, Killed, MemoryDisk } from './testing/memory-disk.js';

const trials = readEnvironment().trials ?? 200;

const MOODS: readonly Mood[] = [
  'hang',
  'reset',
  'taken-reset',
  'taken-half-answer',
  'half-answer',
  401,
  403,
  404,
  429,
  500,
  503,
  200,
];

/**
 * The server's moods by seed. Once it refuses whatever comes for a while: a server that refused good lines again and again
 * at random could not be told from one that refuses bad lines.
 */
function makeMood(below: (limit: number) => number): () => Mood {
  const from = below(80);
  const to = from + below(30);
  let request = 0;
  return () => {
    request++;
    if (request > from && request <= to) return 'refuse-all';
    return below(3) > 0 ? 'well' : MOODS[below(MOODS.length)]!;
  };
}

/** A run's points: some dozens of lines, some of which the server refuses for their own sake. */
function makeRuns(below: (limit: number) => number): string[][] {
  let time = 1_764_547_200_000_000_000n;
  return Array.from({ length: 3 + below(4) }, (_, run) =>
    Array.from({ length: 1 + below(40) }, () => {
      const measurement = below(25) === 0 ? 'bad' : 'generation';
      return `${measurement},run=${run} text="a longer field, to be torn" ${time++}`;
    }),
  );
}

const isBad = (line: string): boolean => line.startsWith('bad');

/** One life of the harness: appends what is not known to be kept, and sends; it may be killed anywhere. */
async function live(
  disk: MemoryDisk,
  url: URL,
  pending: string[][],
  faults: DiskFaults,
  requestTimeoutMs = 60,
): Promise<boolean> {
  const files = disk.process(faults);
  const spool = new Spool('/spool', files);
  using client = new InfluxClient({ url, database: 'tokenrack' });
  const quarantine = new Quarantine('/spool', files);
  const sender = new Sender({ spool, quarantine, writer: client, files, requestTimeoutMs });
  for (const run of [...pending]) {
    try {
      await spool.append(run);
      pending.splice(pending.indexOf(run), 1);
    } catch (error) {
      if ((error as Error).cause instanceof Killed) return false;
    }
    await sender.drain();
  }
  return (await sender.drain()).kind === 'empty';
}

/** From a seed to the end of its last life, in which nothing goes wrong any more. */
async function endure(seed: number): Promise<void> {
  const bits = randomBits(seed);
  const below = (limit: number): number => bits() % limit;
  const runs = makeRuns(below);
  let calm = false;
  const wild = makeMood(below);
  const mood = (): Mood => (calm ? 'well' : wild());
  await using server = await ChaosServer.start({ mood, isBad, mostLines: 5 + below(60) });
  const disk = new MemoryDisk(below, Date.now);
  const pending = [...runs];
  for (let life = 0; life < 6; life++) {
    const fullFrom = below(60);
    const fullTo = below(2) === 0 ? fullFrom + below(40) : fullFrom;
    const full = (operation: number): boolean => operation >= fullFrom && operation < fullTo;
    await live(disk, server.url, pending, { killAt: below(150), full });
    if (below(2) === 0) disk.cutPower();
  }
  calm = true;
  // What the disk had no room for is in the run folders: backfill appends it again.
  // Nothing hangs any more: whatever takes long is a busy machine's doing.
  expect(await live(disk, server.url, pending, {}, 20_000)).to.equal(true);
  expect(pending).to.deep.equal([]);
  const lines = runs.flat();
  expect(server.points).to.deep.equal(lines.filter((line) => !isBad(line)).sort());
  const files = disk.process();
  const refused = await new Quarantine('/spool', files).list();
  expect(refused.map(({ line }) => line)).to.have.members(lines.filter(isBad));
  expect(await new Spool('/spool', files).status()).to.deep.equal({ waiting: 0, damaged: [] });
}

/** Trials at once: most of each is waiting for a server that hangs. */
const LANES = 8;

describe('the spool under chaos', () => {
  const ends: Promise<void>[] = [];
  before(() => {
    for (let seed = 1; seed <= trials; seed++) {
      const lane = ends[seed - 1 - LANES]?.catch(() => {}) ?? Promise.resolve();
      const end = lane.then(() => endure(seed));
      end.catch(() => {});
      ends.push(end);
    }
  });

  for (let seed = 1; seed <= trials; seed++) {
    it(`brings every point to the server exactly once, and bad lines alone to quarantine (seed ${seed})`, () =>
      ends[seed - 1]);
  }
});
