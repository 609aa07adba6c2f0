import { setTimeout as sleepFor } from 'node:timers/promises';
import { InfraError, type TokenrackError } from '../../errors.js';
import { isKeyTrouble } from './host-key.js';
import type { HostSession } from './host-session.js';

/** Time, so that tests need not wait. */
export interface LinkClock {
  /** Milliseconds, of a clock that does not step. */
  now(): number;
  /** Rejects with the signal's reason when that aborts. */
  sleep(ms: number, signal: AbortSignal): Promise<void>;
}

const realClock: LinkClock = {
  now: () => performance.now(),
  async sleep(ms, signal) {
    signal.throwIfAborted();
    await sleepFor(ms, undefined, { signal }).catch(() => signal.throwIfAborted());
  },
};

const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 30_000;

/** Failures that a new connection may mend. */
const LOSSES: ReadonlySet<string> = new Set([
  'connection-lost',
  'host-ended',
  'ssh-lost',
  'ssh-refused',
  'ssh-timeout',
  'ssh-unreachable',
]);

export interface LinkOptions {
  readonly name: string;
  readonly open: () => Promise<HostSession>;
  /** How long a machine may be away. */
  readonly giveUpAfterMs: number;
  /** Ends it. */
  readonly signal: AbortSignal;
  readonly clock?: LinkClock;
}

/**
 * A conversation with a machine that goes on over as many connections as it takes. Whoever needs one shares it; only one is made at
 * a time. An outage lasts from the first failure until `alive` is called: a connection alone proves nothing.
 */
export class HostLink {
  /** The machine came back with a key that it must not have: nothing is said to it any more. */
  keyTrouble: TokenrackError | undefined;
  private session: Promise<HostSession> | undefined;
  private outage: { since: number; failures: number; why: InfraError } | undefined;
  private readonly lost = new WeakSet<HostSession>();
  private readonly clock: LinkClock;

  constructor(
    private readonly options: LinkOptions,
    first: HostSession,
  ) {
    this.clock = options.clock ?? realClock;
    this.session = this.watched(Promise.resolve(first));
  }

  /** Why there is no connection at the moment; undefined when there is one, as far as is known. */
  get trouble(): InfraError | undefined {
    return this.outage?.why;
  }

  /** The machine did something for us. */
  alive(): void {
    this.outage = undefined;
  }

  /**
   * Does something, again from the start when the connection is lost meanwhile.
   * @throws InfraError `place-lost` when the machine stays away for too long; the signal's reason; what the work fails with
   */
  async persist<T>(work: (session: HostSession) => Promise<T>, whose: AbortSignal): Promise<T> {
    const signal = AbortSignal.any([whose, this.options.signal]);
    for (;;) {
      const session = await abortable(this.connected(), signal);
      try {
        const result = await abortable(work(session), signal);
        this.alive();
        return result;
      } catch (error) {
        signal.throwIfAborted();
        if (!isLoss(error)) throw error;
        await session.close();
        this.failedOnce(session, error);
      }
    }
  }

  /** The session, connecting when there is none. @throws InfraError `place-lost`; what no new attempt mends */
  connected(): Promise<HostSession> {
    this.session ??= this.watched(this.connect());
    return this.session;
  }

  async close(): Promise<void> {
    const session = await this.session?.catch(() => undefined);
    await session?.close();
  }

  /** Forgets a session that ended, so that the next who asks makes another. */
  private watched(opening: Promise<HostSession>): Promise<HostSession> {
    const forget = (): void => {
      if (this.session === opening) this.session = undefined;
    };
    opening.then(
      (session) =>
        session.ended.then((error) => {
          forget();
          if (!this.options.signal.aborted) this.note(error);
        }),
      forget,
    );
    return opening;
  }

  private async connect(): Promise<HostSession> {
    const { open, signal } = this.options;
    for (;;) {
      signal.throwIfAborted();
      if (this.outage !== undefined && this.outage.failures > 0) {
        await this.clock.sleep(pauseMs(this.outage.failures), signal);
      }
      try {
        return await open();
      } catch (error) {
        signal.throwIfAborted();
        if (isKeyTrouble(error)) this.keyTrouble = error;
        if (!isLoss(error)) throw error;
        this.failed(error);
      }
    }
  }

  /** All who used a session lose it: that is one failure. */
  private failedOnce(session: HostSession, error: InfraError): void {
    if (this.lost.has(session)) return;
    this.lost.add(session);
    this.failed(error);
  }

  /** @throws InfraError `place-lost` when that was the last failure to be borne */
  private failed(error: InfraError): void {
    this.note(error);
    const outage = this.outage!;
    outage.failures++;
    const awayMs = this.clock.now() - outage.since;
    if (awayMs < this.options.giveUpAfterMs) return;
    this.outage = undefined;
    const away = `${this.options.name} has been away for ${Math.round(awayMs / 1000)} s`;
    throw new InfraError('place-lost', `${away}: ${error.message}`, { cause: error });
  }

  private note(why: InfraError): void {
    this.outage ??= { since: this.clock.now(), failures: 0, why };
    this.outage.why = why;
  }
}

function pauseMs(failures: number): number {
  return Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** (failures - 1));
}

function isLoss(error: unknown): error is InfraError {
  return error instanceof InfraError && LOSSES.has(error.code);
}

/** The work goes on; only the wait for it ends. */
async function abortable<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  signal.throwIfAborted();
  let stop: () => void = () => {};
  const aborted = new Promise<never>((_, reject) => {
    stop = () => reject(signal.reason as Error);
    signal.addEventListener('abort', stop, { once: true });
  });
  try {
    return await Promise.race([work, aborted]);
  } finally {
    signal.removeEventListener('abort', stop);
  }
}
