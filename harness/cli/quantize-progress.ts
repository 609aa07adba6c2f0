import type { LabProgress } from '../quantization/lab/lab-options.js';
import type { ProgressOutput } from './progress-line.js';

const MOST_REDRAWS_MS = 100;

/** How long a log that nobody watches is silent. */
const QUIET_MS = 30_000;

/**
 * What goes on, how far it is, and about how long it will take. On a terminal one line that is overwritten; elsewhere a line of its own now and then, so that a
 * nightly log shows where time went, and nothing of what is done within half a minute.
 */
export class LabLine {
  readonly #output: ProgressOutput;
  readonly #nowMs: () => number;
  #what = '';
  /** When `#what` was first shown, and how far it was then: what a training did before it was interrupted took no time of this run. */
  #sinceMs = 0;
  #sinceDone = 0;
  #saidMs: number;
  #open = false;

  constructor(output: ProgressOutput, nowMs: () => number = () => performance.now()) {
    this.#output = output;
    this.#nowMs = nowMs;
    this.#saidMs = nowMs();
  }

  readonly show: LabProgress = (what, done, total) => {
    const now = this.#nowMs();
    const fresh = what !== this.#what;
    if (fresh) {
      this.#sinceMs = now;
      this.#sinceDone = done;
    }
    this.#what = what;
    const terminal = this.#output.isTTY === true;
    const shown = terminal
      ? fresh || done >= total || now - this.#saidMs >= MOST_REDRAWS_MS
      : now - this.#saidMs >= QUIET_MS;
    if (!shown) return;
    this.#saidMs = now;
    const text = `${what}${progress(done, total, (now - this.#sinceMs) / (done - this.#sinceDone))}`;
    this.#output.write(terminal ? `\r\x1b[K${text}` : `${text}\n`);
    this.#open = terminal;
  };

  /** A line for good. */
  readonly note = (text: string): void => {
    this.end();
    this.#output.write(`${text}\n`);
    this.#saidMs = this.#nowMs();
  };

  /** Clears the line, for what is printed for good. */
  end(): void {
    if (this.#open) this.#output.write('\r\x1b[K');
    this.#open = false;
  }
}

/** @param eachMs not finite as long as nothing was done */
function progress(done: number, total: number, eachMs: number): string {
  if (total === 0) return ' ...';
  const share = `: ${done} of ${total}`;
  if (!Number.isFinite(eachMs) || done === total) return share;
  const seconds = Math.ceil((eachMs * (total - done)) / 1000);
  const left = seconds < 120 ? `${seconds} s` : `${Math.ceil(seconds / 60)} min`;
  return `${share}, about ${left} left`;
}
