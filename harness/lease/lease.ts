import type { InfraError } from '../errors.js';

/** Who holds a board, for people who wait for it. */
export interface LeaseOwner {
  /** `user@machine` */
  readonly user: string;
  readonly pid: number;
  /** What it is held for, such as `run first-light` or `nightly 2026-11-21`. */
  readonly what: string;
}

/** What stands in a run's `attempt.json`: proof that nobody else had the board. */
export interface LeaseRecord {
  /** Grows by at least one with every lease of a board, for ever: whoever comes with a smaller one is late. */
  readonly fence: number;
  readonly owner: LeaseOwner;
  /** By the machine's clock that never steps, in microseconds since it booted, and which boot that was. */
  readonly acquiredUs: number;
  readonly boot: string;
}

/**
 * A board that this process has to itself. A heartbeat renews it until it is released; when that fails for longer than
 * the time to live, the board may be somebody else's already, and `signal` says so.
 */
export interface Lease extends AsyncDisposable {
  readonly mac: string;
  readonly record: LeaseRecord;
  /** Aborts with the `InfraError` `lease-lost` as its reason. */
  readonly signal: AbortSignal;
  /** Looks again, now: before every flash. @throws InfraError `lease-lost` */
  assertHeld(): Promise<void>;
  /** Gives the board back; the folder then says when. Again: nothing. */
  release(): Promise<void>;
}

/** A place in the queue before a board. */
export interface Waiting {
  readonly board: string;
  /** 1 is next. */
  readonly position: number;
  readonly holder: LeaseOwner | undefined;
  /** Milliseconds until it may be ours, from what holder and queue said they expect; absent when one of them did not. */
  readonly estimateMs?: number;
}

export interface LeaseRequest {
  /** The board's own folder (harness/rack/board-folder.ts): the lease and its queue lie in it. */
  readonly folder: string;
  readonly board: string;
  readonly mac: string;
  /** What for; user and process are the caller's. */
  readonly what: string;
  /** How long it is expected to take, for whoever waits. */
  readonly expectedMs?: number;
  /** Default 30,000. */
  readonly ttlMs?: number;
  /** How long to wait for it; 0: not at all. Default: until `signal`. */
  readonly timeoutMs?: number;
  readonly onWaiting?: (waiting: Waiting) => void;
  readonly signal?: AbortSignal;
}

/** What `tokenrack lease list` shows of one board. */
export interface LeaseState {
  readonly folder: string;
  readonly mac: string;
  readonly board: string;
  /** Of the last lease, held or not. */
  readonly fence: number;
  /** Absent when the board is free. */
  readonly holder?: LeaseOwner & {
    readonly heldMs: number;
    /** Until it expires without a further heartbeat; negative: it has. */
    readonly leftMs: number;
    readonly expectedLeftMs?: number;
    /** Its process is no more: whoever comes next has the board at once. */
    readonly gone?: boolean;
    /** Who took it back by force; it lets go, or expires. */
    readonly revokedBy?: string;
  };
  readonly queue: readonly (LeaseOwner & { readonly waitedMs: number })[];
}

/** What `acquireLease` fails with besides the system's own errors: `lease-busy` (timeout; names the holder), `interrupted`. */
export type LeaseError = InfraError;
