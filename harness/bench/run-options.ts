import type { Rack } from '../rack/rack-file.js';
import type { GivenLabels } from '../results/labels.js';
import type { BenchListener } from './events.js';

export interface RunOptions {
  readonly rack: Rack;
  /** Ids of the boards to use; empty: the scenario chooses. */
  readonly boards: readonly string[];
  /** Further attempts per board after an infra-fail. */
  readonly retries: number;
  /** What the run is for; absent: the defaults. */
  readonly labels?: GivenLabels;
  readonly stateFolder: string;
  readonly runsFolder: string;
  readonly onEvent: BenchListener;
  readonly signal?: AbortSignal;
}
