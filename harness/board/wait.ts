import type { LogEvent } from './log-event.js';
import type { Timers } from './timers.js';

/** What a wait does next: nothing, wait anew for so long, or end. */
export type Step<T> =
  | { readonly do: 'ignore' }
  | { readonly do: 'rearm'; readonly timeoutMs: number }
  | { readonly do: 'settle'; readonly value: T }
  | { readonly do: 'fail'; readonly error: Error };

export const ignore = { do: 'ignore' } as const;

export interface Wait<T> {
  /** For errors: "the ack of ...". */
  readonly what: string;
  readonly timeoutMs: number;
  /** Called once the wait is under way: the place to send what it waits for the answer of. */
  begin?(): void;
  onEvent(event: LogEvent, atUs: number): Step<T>;
  onTimeout(): Step<T>;
  /** Called when so much came that is no text that the board seems to speak at another baud rate. */
  onGarbage?(): Step<T>;
  /** Called when the caller's signal ends the wait: the place to tell the board. */
  onAbort?(): void;
}

/** A wait under way, as who has the events drives it. */
export interface ActiveWait {
  readonly what: string;
  /** To be called once who drives it is ready for its first event. */
  begin(): void;
  onEvent(event: LogEvent, atUs: number): void;
  onGarbage(): void;
  fail(error: Error): void;
}

export interface WaitEnd<T> {
  readonly timers: Timers;
  readonly signal: AbortSignal | undefined;
  /** The error for the caller's signal. */
  aborted(): Error;
  /** Called once, before `resolve` or `reject`. */
  ended(): void;
  resolve(value: T): void;
  reject(error: Error): void;
}

/** Arms the timer of a wait and ties it to its end: by its own steps, by the caller's signal, or by `fail`. */
export function beginWait<T>(wait: Wait<T>, end: WaitEnd<T>): ActiveWait {
  const { timers, signal } = end;
  let cancelTimer: () => void = () => {};
  // A step may end the wait by the caller's own doing (abort from a listener) before it returns.
  let over = false;
  const finish = () => {
    over = true;
    cancelTimer();
    signal?.removeEventListener('abort', onAbort);
    end.ended();
  };
  const fail = (error: Error) => {
    if (over) return;
    finish();
    end.reject(error);
  };
  const onAbort = () => {
    try {
      wait.onAbort?.();
    } catch {
      // A link that fails now as well is no news beside the abort.
    }
    fail(end.aborted());
  };
  const arm = (timeoutMs: number) => {
    cancelTimer();
    cancelTimer = timers.after(timeoutMs, () => take(wait.onTimeout()));
  };
  const take = (step: Step<T>) => {
    if (over) return;
    if (step.do === 'rearm') arm(step.timeoutMs);
    else if (step.do === 'fail') fail(step.error);
    else if (step.do === 'settle') {
      finish();
      end.resolve(step.value);
    }
  };
  const begin = () => {
    signal?.addEventListener('abort', onAbort, { once: true });
    arm(wait.timeoutMs);
    try {
      wait.begin?.();
    } catch (error) {
      fail(error instanceof Error ? error : new Error(String(error)));
    }
  };
  return {
    what: wait.what,
    begin,
    fail,
    onEvent: (event, atUs) => take(wait.onEvent(event, atUs)),
    onGarbage: () => take(wait.onGarbage?.() ?? ignore),
  };
}
