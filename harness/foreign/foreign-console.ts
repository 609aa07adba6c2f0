import type { SerialPortStream } from '@serialport/stream';
import { EventLine, type LinkTap } from '../board/event-line.js';
import { holdReset, releaseReset } from '../board/reset-lines.js';
import { hostTimers, type Timers } from '../board/timers.js';
import type { ForeignFirmware } from './foreign-schema.js';
import { ForeignWait, type ForeignWaitContext } from './foreign-wait.js';
import { type CompiledLog, compileLog, GenerationReader, type ReadGeneration } from './generation-reader.js';
import { compilePattern } from './pattern.js';

export interface ForeignConsoleOptions {
  readonly board: string;
  readonly tap?: LinkTap;
  readonly timers?: Timers;
}

/**
 * Drives a board with another project's firmware over an open port, which stays the caller's. One thing at a time.
 * Rejects with BoardError on panics, resets, silence and lost links, as the bench protocol's console does, and with
 * `firmware-error` on the firmware's own error lines.
 */
export class ForeignConsole implements AsyncDisposable {
  private readonly line: EventLine;
  private readonly timers: Timers;
  private readonly log: CompiledLog;
  private readonly context: ForeignWaitContext;
  /** Sees every event, also those that come in one chunk with the end of a wait. */
  private reader: GenerationReader;

  constructor(
    private readonly port: SerialPortStream,
    private readonly firmware: ForeignFirmware,
    options: ForeignConsoleOptions,
  ) {
    const { board, tap } = options;
    this.timers = options.timers ?? hostTimers;
    this.log = compileLog(firmware);
    this.reader = new GenerationReader(this.log, false);
    this.line = new EventLine(port, {
      board,
      timers: this.timers,
      onEvent: (event) => this.reader.push(event),
      ...(tap === undefined ? {} : { tap }),
    });
    const errors = firmware.errors.map(({ pattern, ...rest }) => ({
      pattern: compilePattern(pattern),
      ...rest,
    }));
    this.context = { line: this.line, firmware, board, errors, timers: this.timers };
  }

  /** How many bytes came so far: where in the capture the next one will lie. */
  get rxBytes(): number {
    return this.line.rxBytes;
  }

  /** Resets the board and waits for its ready line. */
  async restart(signal?: AbortSignal): Promise<void> {
    await this.hold();
    await this.fromReset('ready', signal);
  }

  /** Sends a prompt's command and waits for the last line of the generation. */
  async generate(command: string, signal?: AbortSignal): Promise<ReadGeneration> {
    this.reader = new GenerationReader(this.log, true);
    await this.line.wait(new ForeignWait('generation', this.reader, this.context, command), signal);
    return this.reader.result();
  }

  /** Puts the board into reset, so that nothing it said before counts. */
  async hold(): Promise<void> {
    this.line.sessionOpen = false;
    await holdReset(this.port, this.timers);
    this.line.forgetFaults('all');
    await this.line.setBaud(this.firmware.baud);
  }

  /** Lets a held board go that generates at boot, and waits for the last line of its generation. */
  async generateAtBoot(signal?: AbortSignal): Promise<ReadGeneration> {
    await this.fromReset('generation', signal);
    return this.reader.result();
  }

  /** Idempotent. Lets go of the port, which stays open. */
  async close(): Promise<void> {
    this.line.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  /** The wait begins while the board is held, so that nothing it says is missed. */
  private async fromReset(until: 'ready' | 'generation', signal: AbortSignal | undefined): Promise<void> {
    this.reader = new GenerationReader(this.log, false);
    const ended = this.line.wait(new ForeignWait(until, this.reader, this.context), signal);
    await Promise.all([ended, releaseReset(this.port)]);
  }
}
