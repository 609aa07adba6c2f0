import type { Lease } from '../lease/lease.js';
import type { Rack } from '../rack/rack-file.js';
import type { GivenLabels } from '../results/labels.js';
import type { BenchListener } from './events.js';
import type { SharedWork } from './shared-work.js';

export interface RunOptions {
  readonly rack: Rack;
  /** Ids of the boards to use; empty: the scenario chooses. */
  readonly boards: readonly string[];
  /** Further attempts per board after an infra-fail. */
  readonly retries: number;
  /** What the run is for; absent: the defaults. */
  readonly labels?: GivenLabels;
  readonly stateFolder: string;
  /** Where leases of real boards are. Default: the environment's. */
  readonly machineFolder?: string;
  /** Of boards that the caller holds already, and goes on to hold. The others are leased for the run. */
  readonly leases?: readonly Lease[];
  /** How long the boards' part of the run takes, as far as is known: for whoever waits for them. */
  readonly expectedMs?: number;
  /** How long to wait for a board. Default: until `signal`. */
  readonly leaseTimeoutMs?: number;
  readonly leaseTtlMs?: number;
  readonly runsFolder: string;
  /** What runs of this process have in common: whoever makes many gives it to all of them. */
  readonly shared?: SharedWork;
  readonly onEvent: BenchListener;
  readonly signal?: AbortSignal;
}
