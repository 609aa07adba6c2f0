import type { RackBoard } from '../../rack/rack-file.js';
import type { LockTimes } from './connection.js';
import type { Machine } from './machine.js';
import type { QueueListener } from './queue-event.js';
import type { WorkerFacts } from './workers.js';

export interface WorkerOptions {
  readonly url: string;
  /** Of this machine: those on hosts of their own are passed over. */
  readonly boards: readonly RackBoard[];
  /** What people call it; default: the machine's name. */
  readonly name?: string;
  readonly stateFolder: string;
  readonly machineFolder: string;
  /** Takes no more jobs; resolves when those that run are done. */
  readonly signal: AbortSignal;
  /** Stops what runs and puts it back into the queue. */
  readonly giveBack?: AbortSignal;
  readonly onEvent: QueueListener;
  /** Called when it is registered and asks for jobs from now on. */
  readonly onReady?: (facts: WorkerFacts) => void;
  /** Default: the job store and the boards of this machine. */
  readonly machine?: Machine;
  readonly version?: string;
  readonly times?: LockTimes;
  readonly pollMs?: number;
}
