import type { CustomCheck } from '../bench/custom-check.js';
import type { BenchListener } from '../bench/events.js';
import { runScenario } from '../bench/run-scenario.js';
import type { ScenarioSpec } from '../bench/scenario-spec.js';
import { readEnvironment } from '../config/environment.js';
import { findRack } from '../rack/find-rack.js';
import type { RunResult } from '../results/result.js';
import type { Overrides } from './overrides.js';

/** What all scenarios of one mocha process share: set once by `tokenrack run`, defaults under plain mocha. */
export interface Session {
  readonly overrides: Overrides;
  run(title: string, spec: ScenarioSpec, checks: readonly CustomCheck[]): Promise<RunResult>;
}

export interface SessionOptions {
  readonly overrides?: Overrides;
  /** Rack file; `rack.yaml` here, else the packaged virtual rack. */
  readonly rack?: string;
  /** Board ids; empty: the scenario chooses by labels. */
  readonly boards?: readonly string[];
  /** Further attempts after an infra-fail, per board. */
  readonly retries?: number;
  readonly onEvent?: BenchListener;
  readonly onResult?: (result: RunResult) => void;
  readonly signal?: AbortSignal;
}

let current: Session | undefined;

export function openSession(options: SessionOptions): Session {
  const environment = readEnvironment();
  current = {
    overrides: options.overrides ?? {},
    async run(title, spec, checks) {
      const rack = await findRack(options.rack);
      const result = await runScenario(title, spec, checks, {
        rack,
        boards: options.boards ?? [],
        retries: options.retries ?? 0,
        stateFolder: environment.stateFolder,
        runsFolder: environment.runsFolder,
        onEvent: options.onEvent ?? (() => {}),
        ...(options.signal === undefined ? {} : { signal: options.signal }),
      });
      options.onResult?.(result);
      return result;
    },
  };
  return current;
}

export function currentSession(): Session {
  return current ?? openSession({});
}
