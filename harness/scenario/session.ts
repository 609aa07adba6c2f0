import type { CustomCheck } from '../bench/custom-check.js';
import type { BenchListener } from '../bench/events.js';
import type { RunOptions } from '../bench/run-options.js';
import { runScenario } from '../bench/run-scenario.js';
import type { ScenarioInput, ScenarioSpec } from '../bench/scenario-spec.js';
import { readEnvironment } from '../config/environment.js';
import { findRack } from '../rack/find-rack.js';
import type { Rack } from '../rack/rack-file.js';
import type { GivenLabels } from '../results/labels.js';
import type { RunResult } from '../results/result.js';
import { RunFolder } from '../results/run-folder.js';
import { finishSinks, openSinks, type ResultSink } from './open-sinks.js';
import type { Overrides } from './overrides.js';
import type { SweepPoint, SweepReport } from './sweep.js';

/** A scenario as its file defines it, with the session's overrides. */
export interface ScenarioDefinition {
  readonly title: string;
  /** Not looked at yet: `parseScenario` does. */
  readonly input: ScenarioInput;
  readonly checks: readonly CustomCheck[];
  /** Absolute path of the scenario file; absent for the ad-hoc one. */
  readonly file?: string;
}

/** Who makes the runs: by default this process, on boards of this machine. */
export type ScenarioRunner = (
  title: string,
  spec: ScenarioSpec,
  checks: readonly CustomCheck[],
  options: RunOptions,
) => Promise<RunResult>;

/** What all scenarios of one mocha process share: set once by `tokenrack run`, defaults under plain mocha. */
export interface Session {
  readonly overrides: Overrides;
  /** Whether a scenario of that title is to be run, or is left out of the suites. */
  wants(title: string): boolean;
  /** False when only some scenarios are wanted: what compares all of them is left out too. */
  readonly wantsAll: boolean;
  /** Told of every scenario while its file is loaded. */
  define(definition: ScenarioDefinition): void;
  run(title: string, spec: ScenarioSpec, checks: readonly CustomCheck[]): Promise<RunResult>;
  /** Keeps what is said of several runs in a folder of its own among the runs, and shows it. */
  report(title: string, points: readonly SweepPoint[], report: SweepReport): Promise<void>;
}

/** A report as it was kept. */
export interface KeptReport {
  readonly title: string;
  readonly folder: string;
  readonly text: string;
}

export interface SessionOptions {
  readonly overrides?: Overrides;
  /** Rack, or its file; default: `rack.yaml` here, else the packaged virtual rack. */
  readonly rack?: Rack | string;
  /** Board ids; empty: the scenario chooses by labels. */
  readonly boards?: readonly string[];
  /** Further attempts after an infra-fail, per board. */
  readonly retries?: number;
  /** How long to wait for a board that is busy; default: until `signal`. */
  readonly leaseTimeoutMs?: number;
  /** What the runs are for; absent: the defaults. */
  readonly labels?: GivenLabels;
  readonly onEvent?: BenchListener;
  readonly onResult?: (result: RunResult) => void;
  /** Default: prints the text on standard output. */
  readonly onReport?: (report: KeptReport) => void;
  /** Where results go; whoever opened them finishes them. Default: as the environment says, each run by itself. */
  readonly sinks?: readonly ResultSink[];
  /** Where run folders and reports are put. Default: the environment's. */
  readonly runsFolder?: string;
  readonly signal?: AbortSignal;
  /** Titles of the only scenarios to run; default: all. */
  readonly only?: readonly string[];
  readonly onDefinition?: (definition: ScenarioDefinition) => void;
  readonly runner?: ScenarioRunner;
}

let current: Session | undefined;

export function openSession(options: SessionOptions): Session {
  const environment = readEnvironment();
  current = {
    overrides: options.overrides ?? {},
    wantsAll: options.only === undefined,
    wants: (title) => options.only?.includes(title) ?? true,
    define: (definition) => options.onDefinition?.(definition),
    async run(title, spec, checks) {
      if (options.sinks !== undefined) return runInto(options.sinks, title, spec, checks, options);
      const sinks = await openSinks(undefined, environment);
      try {
        return await runInto(sinks, title, spec, checks, options);
      } finally {
        await finishSinks(sinks);
      }
    },
    async report(title, points, { text, files = {} }) {
      const parent = options.runsFolder ?? environment.runsFolder;
      const runs = points.map(({ name, result }) => ({ name, run: result.run.id, verdict: result.verdict }));
      const first = { name: 'runs.json', content: `${JSON.stringify({ title, runs }, null, 1)}\n` };
      const folder = await RunFolder.create(parent, `${title} report`, new Date(), first);
      await folder.write('report.txt', text);
      for (const [name, content] of Object.entries(files)) await folder.write(name, content);
      const kept = { title, folder: folder.path, text };
      if (options.onReport === undefined) process.stdout.write(`${text}report: ${folder.path}\n`);
      else options.onReport(kept);
    },
  };
  return current;
}

async function runInto(
  sinks: readonly ResultSink[],
  title: string,
  spec: ScenarioSpec,
  checks: readonly CustomCheck[],
  options: SessionOptions,
): Promise<RunResult> {
  const { stateFolder, runsFolder: usual } = readEnvironment();
  const rack = typeof options.rack === 'object' ? options.rack : await findRack(options.rack);
  const result = await (options.runner ?? runScenario)(title, spec, checks, {
    rack,
    boards: options.boards ?? [],
    retries: options.retries ?? 0,
    stateFolder,
    runsFolder: options.runsFolder ?? usual,
    onEvent: (event) => {
      options.onEvent?.(event);
      for (const sink of sinks) sink.event(event);
    },
    ...(options.labels === undefined ? {} : { labels: options.labels }),
    ...(options.leaseTimeoutMs === undefined ? {} : { leaseTimeoutMs: options.leaseTimeoutMs }),
    ...(options.signal === undefined ? {} : { signal: options.signal }),
  });
  options.onResult?.(result);
  for (const sink of sinks) await sink.result(result);
  return result;
}

export function currentSession(): Session {
  return current ?? openSession({});
}
