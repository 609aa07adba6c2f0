import { resolve } from 'node:path';
import { readEnvironment } from '../config/environment.js';
import { ConfigError } from '../errors.js';
import { redactUrl } from '../farm/queue/queue-url.js';
import type { NightOptions } from '../nightly/night-file.js';
import { runNight } from '../nightly/run-night.js';
import { parseLabels } from '../results/labels.js';
import { finishSinks, openSinks } from '../scenario/open-sinks.js';
import { githubAnnotations } from '../sinks/night-annotations.js';
import type { NightSummary } from '../sinks/night-summary.js';
import { formatNight } from '../sinks/night-table.js';
import { colorsFor } from './colors.js';
import { interruptSignal } from './exit.js';
import { NightLines } from './night-lines.js';
import { endOfNight } from './night-times.js';

export interface NightlyFlags {
  readonly rack?: string;
  readonly board?: string[];
  readonly once?: boolean;
  readonly queue?: string;
  readonly resume?: string;
  readonly retries?: number;
  readonly until?: string;
  readonly budget?: string;
  readonly sink?: string[];
  readonly suite?: string;
  readonly channel?: string;
  readonly arm?: string;
  readonly annotate?: 'github';
  readonly json?: boolean;
}

/** Runs a night, or goes on with one, and sets the exit code. */
export async function nightly(files: readonly string[], flags: NightlyFlags): Promise<void> {
  const what = flags.resume === undefined ? requestOf(files, flags) : resumeOf(flags.resume, files, flags);
  const untilMs = endOfNight(flags, new Date());
  const out = flags.json === true ? process.stderr : process.stdout;
  const view = new NightLines(out);
  const sinks = await openSinks(flags.sink, readEnvironment());
  try {
    const summary = await runNight({
      what,
      sinks,
      view,
      signal: interruptSignal(),
      ...(flags.queue === undefined ? {} : { queueUrl: flags.queue }),
      ...(untilMs === undefined ? {} : { untilMs }),
    });
    view.end();
    tell(summary, flags, out);
  } finally {
    view.end();
    await finishSinks(sinks);
  }
}

function requestOf(files: readonly string[], flags: NightlyFlags): NightOptions {
  if (flags.queue !== undefined) refuseUnfit(flags);
  const { suite = 'nightly', channel, arm, rack, board = [], once = false, queue, retries = 1 } = flags;
  return {
    files: files.map((file) => resolve(file)),
    boards: board,
    once,
    retries,
    labels: parseLabels({ suite, channel, arm }),
    ...(rack === undefined ? {} : { rack: resolve(rack) }),
    ...(queue === undefined ? {} : { queue: redactUrl(queue) }),
  };
}

/** Workers have the boards, and a job that any of them may take cannot be kept to some. */
function refuseUnfit({ rack, board, once }: NightlyFlags): void {
  if (rack !== undefined)
    throw new ConfigError(
      'queue-options',
      '--rack is for boards of this machine and its hosts: leave it out with --queue',
    );
  if (once === true && board !== undefined)
    throw new ConfigError(
      'queue-options',
      '--once with --queue runs wherever a board is free: leave out --board',
    );
}

/** What a night was begun with stays as it is. */
const OF_THE_NIGHT = ['rack', 'board', 'once', 'retries', 'suite', 'channel', 'arm'] as const;

function resumeOf(
  resume: string,
  files: readonly string[],
  flags: NightlyFlags,
): { readonly resume: string } {
  const given = OF_THE_NIGHT.filter((name) => flags[name] !== undefined).map((name) => `--${name}`);
  const strange = [...(files.length > 0 ? ['scenarios'] : []), ...given];
  if (strange.length === 0) return { resume };
  const message = `--resume goes on with the night as it was begun: leave out ${strange.join(', ')}`;
  throw new ConfigError('resume-options', message);
}

function tell(summary: NightSummary, { json, annotate }: NightlyFlags, out: NodeJS.WriteStream): void {
  out.write(`\n${formatNight(summary, { color: colorsFor(out).isColorSupported })}`);
  if (annotate === 'github') for (const line of githubAnnotations(summary)) out.write(`${line}\n`);
  if (json === true) process.stdout.write(`${JSON.stringify(summary)}\n`);
  process.exitCode = summary.exitCode;
}
