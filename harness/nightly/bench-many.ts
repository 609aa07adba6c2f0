import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type { RackBoard } from '../rack/rack-schema.js';
import { openLocalPlace } from './local-place.js';
import {
  definitionOf,
  jobOf,
  type Length,
  nightLengths,
  shortLengths,
  titleOf,
} from './testing/many-jobs.js';
import { copyFlash, foldersIn, type ManyFolders, manyBoards } from './testing/many-rack.js';
import {
  FIXED_BYTES,
  idealOf,
  judgeMany,
  type ManyReport,
  manyText,
  meanDelays,
} from './testing/many-report.js';
import { type ManyResult, runMany } from './testing/many-run.js';

/**
 * `node dist/nightly/bench-many.js [--boards 64] [--jobs N] [--scale S] [--short] [--json]`: many virtual boards in this one process,
 * paced at one common scale, do jobs of known lengths. Checks that every job passes (logits equal to the bit) and that no byte is lost on the way from
 * a board's UART to its capture; tells makespan and memory.
 *
 * A job's length is the time of its board, from power-on to power-off, on a rack that ran the same build before: measured once for each kind
 * of job, alone and unpaced, and divided by the scale. All else counts against the makespan: planning, the reference, leases,
 * starting threads, waiting for the host, results. The exit code is 1 when a job fails or a byte is lost.
 */
interface ManyOptions {
  readonly boards: number;
  readonly jobs: number;
  readonly scale: number;
  readonly lengths: readonly Length[];
}

async function benchMany(options: ManyOptions, folders: ManyFolders): Promise<ManyReport> {
  const { boards: count, jobs: jobCount, scale, lengths } = options;
  const boards = manyBoards(count, scale);
  const wanted = Array.from({ length: jobCount }, (_, at) => lengths[at % lengths.length]!);
  const boardMs = await measureLengths(lengths, folders);
  const lengthMs = (length: Length): number => boardMs.get(length)! / scale;
  await copyFlash(boards, folders);
  const startBytes = process.memoryUsage.rss();
  const [startMs, startCpu] = [performance.now(), process.cpuUsage()];
  const jobs = wanted.map((length, at) => jobOf(at, length, lengthMs(length)));
  const results = await runMany(placeOf(boards, lengths, folders), jobs, folders.runsFolder);
  const makespanMs = performance.now() - startMs;
  const cpu = process.cpuUsage(startCpu);
  const ideal = idealOf(wanted.map(lengthMs), count);
  const peakBytes = process.resourceUsage().maxRSS * 1024;
  return {
    boards: count,
    jobs: jobCount,
    scale,
    ...judgeMany(results),
    makespanMs,
    ideal,
    ratio: makespanMs / ideal.boundMs,
    ...meanDelays(results, scale, (title) => lengthMs(lengths.find((length) => titleOf(length) === title)!)),
    startBytes,
    peakBytes,
    bytesPerBoard: (peakBytes - FIXED_BYTES) / count,
    cpuSeconds: (cpu.user + cpu.system) / 1e6,
  };
}

/** Board time of each kind in milliseconds, on the first board, unpaced. It is flashed by a run that is not counted. */
async function measureLengths(
  lengths: readonly Length[],
  folders: ManyFolders,
): Promise<Map<Length, number>> {
  const place = placeOf(manyBoards(1), lengths, folders);
  const measured = new Map<Length, number>();
  for (const [at, length] of [lengths[0]!, ...lengths].entries()) {
    const [result] = await runMany(
      place,
      [{ ...jobOf(at, length, 0), id: `length-${at}` }],
      folders.runsFolder,
    );
    measured.set(length, boardTimeOf(result!));
  }
  return measured;
}

function boardTimeOf({ job, title, verdict, why, wire }: ManyResult): number {
  if (wire !== undefined && verdict === 'pass') return wire.boardUs / 1000;
  throw new Error(`${job} (${title}) came to ${verdict}: ${why}`);
}

function placeOf(boards: readonly RackBoard[], lengths: readonly Length[], folders: ManyFolders) {
  return openLocalPlace({ boards, definitions: lengths.map(definitionOf), machine: 'here', ...folders });
}

function optionsOf(): ManyOptions & { readonly json: boolean } {
  const { values } = parseArgs({
    options: {
      boards: { type: 'string', default: '64' },
      jobs: { type: 'string' },
      scale: { type: 'string', default: '0.5' },
      short: { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
    },
  });
  const boards = Number(values.boards);
  const lengths = values.short ? shortLengths : nightLengths;
  const jobs = values.jobs === undefined ? 5 * boards : Number(values.jobs);
  return { boards, jobs, scale: Number(values.scale), lengths, json: values.json };
}

const { json, ...options } = optionsOf();
const root = await mkdtemp(join(tmpdir(), 'tokenrack-many-'));
try {
  const report = await benchMany(options, foldersIn(root));
  process.stdout.write(json ? `${JSON.stringify(report)}\n` : manyText(report));
  process.exitCode = report.passed === report.jobs && report.lossy.length === 0 ? 0 : 1;
} finally {
  await rm(root, { recursive: true, force: true });
}
