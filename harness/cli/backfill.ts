import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { deriveResult } from '../bench/derive.js';
import { readEnvironment } from '../config/environment.js';
import { ConfigError, InfraError, toTokenrackError } from '../errors.js';
import { RunFolder } from '../results/run-folder.js';
import { combineVerdicts, EXIT_CODES, type Failure } from '../results/verdict.js';
import { InfluxClient } from '../sinks/influx/client.js';
import { deliverDirectly } from '../sinks/influx/delivery.js';
import { toLine } from '../sinks/influx/line-protocol.js';
import { requireInfluxSettings, spoolFolder } from '../sinks/influx/open-sink.js';
import { pointsOf } from '../sinks/influx/points.js';
import { Spool } from '../sinks/influx/spool.js';
import { Quarantine } from '../sinks/influx/spool-quarantine.js';
import { describeFlushed, type FlushFlags, sendWaiting } from './sink.js';

export interface BackfillFlags extends FlushFlags {
  readonly since?: string;
  readonly all?: boolean;
  readonly unfinished?: boolean;
}

/**
 * Derives the results of run folders, spools their points and sends them. Folders that cannot be read are named and
 * passed over; the exit code is then that of what is wrong with them. Runs without result.json, which may be under way,
 * want `unfinished`: those named without it count as folders that cannot be read, others are only passed over.
 */
export async function backfill(runs: readonly string[], flags: BackfillFlags): Promise<void> {
  const environment = readEnvironment();
  const { reportBase } = await requireInfluxSettings(environment);
  const keep = await lineKeeper();
  const failures: Failure[] = [];
  let points = 0;
  const chosen = await chooseFolders(runs, flags, environment.runsFolder);
  const passedOver = runs.length > 0 || flags.unfinished === true ? [] : chosen.filter(isUnfinished);
  const folders = chosen.filter((path) => !passedOver.includes(path));
  for (const path of folders) {
    try {
      if (flags.unfinished !== true) refuseUnfinished(path);
      const result = await deriveResult(await RunFolder.open(path));
      const lines = pointsOf(result, reportBase === undefined ? {} : { reportBase }).map(toLine);
      await keep(lines);
      points += lines.length;
    } catch (error) {
      failures.push(describe(path, error));
    }
  }
  const flushed = await sendWaiting(flags, USUAL_TIMEOUT_S);
  for (const { class: kind, message } of failures) process.stderr.write(`tokenrack: ${kind}: ${message}\n`);
  for (const path of passedOver)
    process.stderr.write(`tokenrack: passed over ${path}: ${UNFINISHED}; --unfinished sends it too\n`);
  const unfinished = passedOver.map((path) => basename(path));
  const summary = { runs: folders.length - failures.length, points, ...flushed, failures, unfinished };
  const text = `runs: ${summary.runs}, with ${points} point(s)\n${describeFlushed(flushed)}`;
  process.stdout.write(flags.json === true ? `${JSON.stringify(summary)}\n` : text);
  const waits = flushed.waiting > 0 ? (['infra-fail'] as const) : [];
  process.exitCode = EXIT_CODES[combineVerdicts([...failures.map((one) => one.class), ...waits])];
}

/** A year of runs is a lot to send. */
const USUAL_TIMEOUT_S = 600;

const UNFINISHED = 'it has no result.json, so it is under way or was killed';

function isUnfinished(path: string): boolean {
  return !existsSync(join(path, 'result.json'));
}

/** What is no run folder at all is left to be told as such. */
function refuseUnfinished(path: string): void {
  if (existsSync(join(path, 'plan.json')) && isUnfinished(path))
    throw new ConfigError('unfinished-run', `${path}: ${UNFINISHED}; --unfinished sends it all the same`);
}

async function chooseFolders(
  runs: readonly string[],
  { since, all }: BackfillFlags,
  runsFolder: string,
): Promise<string[]> {
  if (runs.length > 0) {
    if (since !== undefined || all === true)
      throw new ConfigError('which-runs', 'runs by name, and --since or --all too: give one of them');
    return runs.map((run) => (existsSync(run) ? resolve(run) : join(runsFolder, run)));
  }
  if (since === undefined && all !== true)
    throw new ConfigError('which-runs', 'which runs? name them, or give --since DATE or --all');
  const first = since === undefined ? '' : folderStamp(since);
  const names = await readdir(runsFolder).catch(() => [] as string[]);
  const chosen = names.filter((name) => name >= first && existsSync(join(runsFolder, name, 'plan.json')));
  return chosen.sort().map((name) => join(runsFolder, name));
}

/** Run folders are named by the time (UTC) at which they began. */
function folderStamp(since: string): string {
  const date = new Date(since);
  if (Number.isNaN(date.getTime()))
    throw new ConfigError('bad-date', `--since ${since} is no date; such as 2026-11-01`);
  return date.toISOString().slice(0, 19).replaceAll(':', '-').replace('T', '_');
}

/** Spools lines; where the spool has no room, brings them to the server at once, since the run folder keeps them anyway. */
async function lineKeeper(): Promise<(lines: readonly string[]) => Promise<void>> {
  const environment = readEnvironment();
  const { destination } = await requireInfluxSettings(environment);
  const folder = spoolFolder(environment);
  const spool = new Spool(folder);
  return async (lines) => {
    try {
      await spool.append(lines);
    } catch (error) {
      if (!(error instanceof InfraError && error.code === 'spool-unwritable')) throw error;
      using client = new InfluxClient(destination);
      await deliverDirectly(lines, client, new Quarantine(folder), error);
    }
  };
}

function describe(path: string, error: unknown): Failure {
  const known = toTokenrackError(error);
  if (known === undefined) {
    const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
    return { class: 'harness-bug', message: `${path}: ${text.split('\n')[0]}`, evidence: text };
  }
  const { failureClass, message } = known;
  return { class: failureClass, message: message.includes(path) ? message : `${path}: ${message}` };
}
