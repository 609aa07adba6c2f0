import type { LabProgress } from '../quantization/lab/lab-options.js';
import type { ProgressOutput } from './progress-line.js';

const MOST_REDRAWS_MS = 100;

/** One line that is overwritten: what goes on, how far it is, and about how long it will take. Away from a terminal nothing. */
export class LabLine {
  #what = '';
  #sinceMs = 0;
  #drawnMs = Number.NEGATIVE_INFINITY;
  #open = false;

  constructor(
    private readonly output: ProgressOutput,
    private readonly nowMs: () => number = () => performance.now(),
  ) {}

  readonly show: LabProgress = (what, done, total) => {
    if (this.output.isTTY !== true) return;
    const now = this.nowMs();
    const fresh = what !== this.#what;
    if (fresh) this.#sinceMs = now;
    if (!fresh && done < total && now - this.#drawnMs < MOST_REDRAWS_MS) return;
    this.#what = what;
    this.#drawnMs = now;
    this.output.write(`\r\x1b[K${what}${progress(done, total, now - this.#sinceMs)}`);
    this.#open = true;
  };

  /** Clears the line, for what is printed for good. */
  end(): void {
    if (this.#open) this.output.write('\r\x1b[K');
    this.#open = false;
  }
}

function progress(done: number, total: number, elapsedMs: number): string {
  if (total === 0) return ' ...';
  const share = `: ${done} of ${total}`;
  if (done === 0 || done === total) return share;
  const seconds = Math.ceil((elapsedMs * (total - done)) / done / 1000);
  const left = seconds < 120 ? `${seconds} s` : `${Math.ceil(seconds / 60)} min`;
  return `${share}, about ${left} left`;
}
