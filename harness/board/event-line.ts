import type { SerialPortStream } from '@serialport/stream';
import type { BoardError } from './board-error.js';
import { faultOf } from './event-fault.js';
import { consoleBusy, consoleClosed, type LineState, linkLost, waitAborted } from './line-error.js';
import type { LogEvent } from './log-event.js';
import { LogParser } from './log-parser.js';
import { RecentLines } from './recent-lines.js';
import type { BootRecord } from './records.js';
import type { Timers } from './timers.js';
import { type ActiveWait, beginWait, ignore, type Wait } from './wait.js';

/** Sees every byte of both directions, in order, as it passes. What it throws ends the wait under way. */
export interface LinkTap {
  rx(bytes: Uint8Array, atUs: number): void;
  tx(bytes: Uint8Array, atUs: number): void;
}

export interface EventLineOptions {
  readonly board: string;
  readonly timers: Timers;
  readonly tap?: LinkTap;
  readonly onEvent?: (event: LogEvent, atUs: number) => void;
}

interface SeenFault {
  readonly error: Error;
  /** Whether somebody was told. */
  delivered: boolean;
}

/** A panic whose end does not come within this time is reported as far as it got. */
const panicSettleMs = 1000;

/** So many bytes that are no text, with no readable line between them, are no line noise any more. */
const maxGarbageBytes = 256;

/**
 * A link as a line of events: owns the port's listeners, the log parser and the one wait under way. Faults of the
 * board (panic, brownout, reset, refused image) end that wait at once, and are kept for the next one when there is none.
 * The port stays the caller's.
 */
export class EventLine {
  /** Set while a session is open: from then on a reset of the board is a fault. */
  sessionOpen = false;
  readonly recent = new RecentLines();
  rxBytes = 0;
  txBytes = 0;
  /** Machine lines that came damaged. */
  tornLines = 0;
  private readonly parser = new LogParser();
  private active: ActiveWait | undefined;
  private fault: SeenFault | undefined;
  private bootRecord: BootRecord | undefined;
  private cancelPanicTimer: (() => void) | undefined;
  private garbageBytes = 0;
  private closed = false;

  constructor(
    private readonly port: SerialPortStream,
    private readonly options: EventLineOptions,
  ) {
    port.on('data', this.onData);
    // A listener alone does not restart a port that an earlier user (the flasher) paused.
    port.resume();
    port.on('close', this.onClose);
    port.on('error', this.onError);
    // Who used the port before may have paused it, and a listener alone does not undo that.
    port.resume();
  }

  /** Queues bytes for the board. A write that fails ends the wait under way. */
  send(data: string): void {
    if (this.closed) throw consoleClosed(this.options.board);
    const bytes = Buffer.from(data, 'latin1');
    this.txBytes += bytes.length;
    this.options.tap?.tx(bytes, this.options.timers.nowUs());
    this.port.write(bytes, (error) => {
      if (error) this.onError(error);
    });
  }

  get baudRate(): number {
    return this.port.baudRate;
  }

  setBaud(baudRate: number): Promise<void> {
    if (baudRate === this.baudRate) return Promise.resolve();
    return new Promise((resolve, reject) => {
      this.port.update({ baudRate }, (error) => (error ? reject(linkLost(this.state(), error)) : resolve()));
    });
  }

  /** Lets time pass while events are still taken; a fault of the board ends it. */
  pause(delayMs: number, signal?: AbortSignal): Promise<void> {
    const wait: Wait<void> = {
      what: `${delayMs} ms to pass`,
      timeoutMs: delayMs,
      onEvent: () => ignore,
      onTimeout: () => ({ do: 'settle', value: undefined }),
    };
    return this.wait(wait, signal);
  }

  /** Rejects at once when a fault ended the session before. One wait at a time: the protocol is half duplex. */
  wait<T>(wait: Wait<T>, signal?: AbortSignal): Promise<T> {
    const refusal = this.reasonNotToWait(wait.what, signal);
    if (refusal !== undefined) return Promise.reject(refusal);
    return new Promise<T>((resolve, reject) => {
      this.active = beginWait(wait, {
        timers: this.options.timers,
        signal,
        aborted: () => waitAborted(this.state(wait.what), signal),
        ended: () => {
          this.active = undefined;
        },
        resolve,
        reject,
      });
      this.active.begin();
    });
  }

  /** Whether a fault is kept that ends the next wait at once. */
  get faulted(): boolean {
    return this.fault !== undefined;
  }

  /** The boot record that arrived last and that nobody asked for yet. */
  claimBootRecord(): BootRecord | undefined {
    const record = this.bootRecord;
    this.bootRecord = undefined;
    return record;
  }

  /** Forgets faults: all of them before a reset of ours or a new session, else only those somebody was told of. */
  forgetFaults(which: 'all' | 'delivered'): void {
    if (which === 'all' || this.fault?.delivered === true) this.fault = undefined;
  }

  /** Idempotent. Ends the wait under way, hands out what the parser still holds, and lets go of the port. */
  close(): void {
    if (this.closed) return;
    this.closed = true;
    this.cancelPanicTimer?.();
    this.active?.fail(consoleClosed(this.options.board));
    const atUs = this.options.timers.nowUs();
    for (const event of this.parser.end()) this.options.onEvent?.(event, atUs);
    this.port.off('data', this.onData);
    this.port.off('close', this.onClose);
    this.port.pause();
    // A port may still report a failed write: without a listener that would end the process.
  }

  private reasonNotToWait(what: string, signal: AbortSignal | undefined): Error | undefined {
    if (this.closed) return consoleClosed(this.options.board);
    if (this.active !== undefined) return consoleBusy(this.state(), what);
    if (signal?.aborted) return waitAborted(this.state(what), signal);
    if (!this.port.isOpen && !this.port.opening) return linkLost(this.state(), null);
    if (this.fault === undefined) return undefined;
    this.fault.delivered = true;
    return this.fault.error;
  }

  private readonly onData = (bytes: Buffer): void => {
    const atUs = this.options.timers.nowUs();
    this.rxBytes += bytes.length;
    try {
      this.options.tap?.rx(bytes, atUs);
      for (const event of this.parser.push(bytes)) this.take(event, atUs);
      this.watchGarbage(bytes);
    } catch (error) {
      // A tap or a listener of the caller threw: in a stream's event it would end the process.
      this.raise(error instanceof Error ? error : new Error(String(error)));
    }
    this.watchPanic();
  };

  private take(event: LogEvent, atUs: number): void {
    this.recent.add(event.text);
    if (event.kind === 'torn') this.tornLines++;
    else if (event.kind !== 'noise') this.garbageBytes = 0;
    this.options.onEvent?.(event, atUs);
    if (event.kind === 'boot') this.bootRecord = undefined;
    const fault = this.faultOf(event);
    if (fault !== undefined) {
      this.raise(fault);
      return;
    }
    if (event.kind === 'record' && event.record.r === 'boot') this.bootRecord = event.record;
    this.active?.onEvent(event, atUs);
  }

  private faultOf(event: LogEvent): BoardError | undefined {
    return faultOf(event, { ...this.state(), resetIsFault: this.sessionOpen });
  }

  private state(waitedFor: string = this.active?.what ?? 'nothing'): LineState {
    return { board: this.options.board, waitedFor, lastLines: this.recent.list() };
  }

  /** Records a fault that was found otherwise and told already: later waits end with it, too. */
  noteFault(error: Error): void {
    this.sessionOpen = false;
    this.fault = { error, delivered: true };
  }

  /** The first fault ends the session; what follows it (a panic's reboot) is no further news. */
  private raise(error: Error): void {
    this.sessionOpen = false;
    const delivered = this.active !== undefined;
    if (this.fault === undefined || this.fault.delivered) this.fault = { error, delivered };
    this.active?.fail(error);
  }

  private watchGarbage(bytes: Buffer): void {
    this.garbageBytes += bytes.reduce((count, byte) => count + (isText(byte) ? 0 : 1), 0);
    if (this.garbageBytes <= maxGarbageBytes) return;
    this.garbageBytes = 0;
    this.active?.onGarbage();
  }

  private watchPanic(): void {
    this.cancelPanicTimer?.();
    this.cancelPanicTimer = undefined;
    if (!this.parser.panicOpen) return;
    this.cancelPanicTimer = this.options.timers.after(panicSettleMs, () => {
      const panic = this.parser.peekPanic();
      const fault = panic === undefined ? undefined : this.faultOf(panic);
      if (fault !== undefined) this.raise(fault);
    });
  }

  private readonly onClose = (error: Error | null): void => {
    this.raise(linkLost(this.state(), error));
  };

  private readonly onError = (error: Error): void => {
    if (!this.closed) this.raise(linkLost(this.state(), error));
  };
}

/** Printable ASCII, tabs, line ends and the escape of colours. */
function isText(byte: number): boolean {
  return (byte >= 0x20 && byte < 0x7f) || (byte >= 0x09 && byte <= 0x0d) || byte === 0x1b;
}
