/** Where progress is shown. */
export interface ProgressOutput {
  readonly isTTY?: boolean;
  write(text: string): unknown;
}

/** Away from a terminal: a line for each so many percent of what takes long, for anything else one at its end. */
const QUIET_STEP_PERCENT = 25;
const LONG_BYTES = 1_000_000;

/** Shows how far something is: one line that is overwritten on a terminal, else some lines. */
export class ProgressLine {
  private shown = '';
  private open = false;

  constructor(private readonly output: ProgressOutput) {}

  /** `what` names the part that goes on; a new one begins at nothing again. */
  show(what: string, doneBytes: number, totalBytes: number): void {
    const terminal = this.output.isTTY === true;
    const percent = totalBytes > 0 ? Math.floor((100 * doneBytes) / totalBytes) : 100;
    const quietStep = totalBytes < LONG_BYTES ? 100 : QUIET_STEP_PERCENT;
    const step = terminal ? percent : Math.floor(percent / quietStep) * quietStep;
    if (!terminal && step === 0) return;
    const text = `${what}: ${step}% of ${totalBytes} bytes`;
    if (text === this.shown) return;
    this.shown = text;
    this.output.write(terminal ? `\r\x1b[K${text}` : `${text}\n`);
    this.open = terminal;
  }

  /** A line of its own; what is shown afterwards begins anew. */
  note(text: string): void {
    this.end();
    this.shown = '';
    this.output.write(`${text}\n`);
  }

  end(): void {
    if (this.open) this.output.write('\n');
    this.open = false;
  }
}
