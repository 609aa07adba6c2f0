import type { RackBoard } from '../rack/rack-schema.js';
import type { NightSummaryBoard } from '../sinks/night-summary.js';
import type { NightRun } from './night-run.js';
import type { PlanBoard } from './plan-night.js';

/** Whoever has the boards of a night: this machine and the rack's hosts, or the workers of a queue. */
export interface Team extends AsyncDisposable {
  /** Some of it is not this process: jobs need their trees. */
  readonly isElsewhere: boolean;
  /** Absent: nobody knows yet which boards there will be. */
  readonly planBoards?: readonly PlanBoard[];
  /** Undefined for boards of which no more is known than that they are there. */
  boardOf(mac: string): RackBoard | undefined;
  /** Until every job is judged, or the night ends early. */
  run(night: NightRun): Promise<void>;
  /** How the boards are now. */
  summaryBoards(): Promise<readonly NightSummaryBoard[]>;
}
