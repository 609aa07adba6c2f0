import type { Rack } from '../rack/rack-file.js';
import type { BenchListener } from './events.js';

export interface RunOptions {
  readonly rack: Rack;
  /** Ids of the boards to use; empty: the scenario chooses. */
  readonly boards: readonly string[];
  /** Further attempts per board after an infra-fail. */
  readonly retries: number;
  readonly stateFolder: string;
  readonly runsFolder: string;
  readonly onEvent: BenchListener;
  readonly signal?: AbortSignal;
}
