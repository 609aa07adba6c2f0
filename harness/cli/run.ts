import { resolve } from 'node:path';
import { readEnvironment } from '../config/environment.js';
import { type PlaceOpener, runAnywhere } from '../farm/run-elsewhere.js';
import { type Labels, parseLabels } from '../results/labels.js';
import type { RunResult } from '../results/result.js';
import { combineVerdicts, EXIT_CODES } from '../results/verdict.js';
import { finishSinks, openSinks, type ResultSink } from '../scenario/open-sinks.js';
import type { Overrides } from '../scenario/overrides.js';
import { runSuites, type SuiteOutcome } from '../scenario/run-suites.js';
import { type KeptReport, openSession, type SessionOptions } from '../scenario/session.js';
import { interruptSignal } from './exit.js';
import { LiveView } from './live-view.js';

export interface RunFlags {
  readonly model?: string;
  readonly tokenizer?: string;
  readonly format?: string;
  readonly strategy?: string;
  readonly knob?: Readonly<Record<string, string | number>>;
  readonly build?: string;
  readonly firmware?: string;
  readonly card?: string;
  readonly provision?: string;
  readonly prompt?: string[];
  readonly tokens?: number;
  readonly repeats?: number;
  readonly warmups?: number;
  readonly context?: number;
  readonly rack?: string;
  readonly board?: string[];
  readonly retries?: number;
  readonly wait?: number;
  readonly suite?: string;
  readonly channel?: string;
  readonly arm?: string;
  readonly sink?: string[];
  readonly json?: boolean;
}

/** Runs the files' scenarios, or the ad-hoc one that the flags describe, and sets the exit code. */
export async function run(files: readonly string[], flags: RunFlags): Promise<void> {
  const results: RunResult[] = [];
  const reports: KeptReport[] = [];
  const out = flags.json === true ? process.stderr : process.stdout;
  const view = new LiveView(out);
  const sinks = await openSinks(flags.sink, readEnvironment());
  const overrides = overridesOf(flags);
  const scenarioFiles = new Map<string, string>();
  const options: SessionOptions = {
    overrides,
    onDefinition: ({ title, file }) => file !== undefined && scenarioFiles.set(title, file),
    runner: runAnywhere({ overrides, fileOf: (title) => scenarioFiles.get(title), openPlace: openHost }),
    labels: labelsOf(flags),
    ...(flags.rack === undefined ? {} : { rack: flags.rack }),
    ...(flags.board === undefined ? {} : { boards: flags.board }),
    ...(flags.retries === undefined ? {} : { retries: flags.retries }),
    ...(flags.wait === undefined ? {} : { leaseTimeoutMs: flags.wait * 1000 }),
    onEvent: (event) => view.show(event),
    onResult: (result) => {
      results.push(result);
      view.result(result);
    },
    onReport: (report) => {
      reports.push(report);
      view.report(report);
    },
    sinks,
    signal: interruptSignal(),
  };
  openSession(options);
  const adHoc =
    files.length === 0 && [flags.prompt, flags.model, flags.firmware].some((flag) => flag !== undefined);
  const outcome = await runWhat(adHoc ? 'ad-hoc' : files.map((file) => resolve(file)), sinks);
  conclude({ results, reports, outcome }, flags.json === true);
}

/** What runs there is stopped by the run's own signal, and its outcome waited for: the connection outlasts that. */
const openHost: PlaceOpener = async (host, boards) => {
  const { openRemotePlace } = await import('../farm/ssh/remote-place.js');
  return openRemotePlace(host, boards, { signal: new AbortController().signal });
};

async function runWhat(
  what: Parameters<typeof runSuites>[0],
  sinks: readonly ResultSink[],
): Promise<SuiteOutcome> {
  try {
    return await runSuites(what);
  } finally {
    await finishSinks(sinks);
  }
}

function overridesOf(flags: RunFlags): Overrides {
  const { prompt, knob, rack: _rack, board: _board, retries: _retries, json: _json, ...rest } = flags;
  const { wait: _wait, suite: _suite, channel: _channel, arm: _arm, sink: _sink, ...plain } = rest;
  return {
    ...plain,
    ...(prompt === undefined ? {} : { prompts: prompt }),
    ...(knob === undefined ? {} : { knobs: knob }),
  };
}

function labelsOf({ suite, channel, arm }: RunFlags): Labels {
  return parseLabels({ suite, channel, arm });
}

interface Session {
  readonly results: readonly RunResult[];
  readonly reports: readonly KeptReport[];
  readonly outcome: SuiteOutcome;
}

function conclude(session: Session, json: boolean): void {
  const { results, outcome } = session;
  const verdict = combineVerdicts([
    ...results.map((result) => result.verdict),
    ...outcome.failures.map((one) => one.class),
  ]);
  for (const failure of outcome.failures)
    process.stderr.write(`tokenrack: ${failure.class}: ${failure.message}\n`);
  if (json) process.stdout.write(`${JSON.stringify(jsonOf(session, verdict))}\n`);
  process.exitCode = EXIT_CODES[verdict];
}

/** One run: its result itself (DESIGN "The command line"). Otherwise a verdict over all, and the runs. */
function jsonOf({ results, reports, outcome: { failures } }: Session, verdict: string): unknown {
  if (results.length === 1 && reports.length === 0 && failures.length === 0) return results[0];
  return { verdict, runs: results, failures, ...(reports.length === 0 ? {} : { reports }) };
}
