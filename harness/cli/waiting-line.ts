import type { Waiting } from '../lease/lease.js';

const PLACES = ['next', 'second', 'third', 'fourth', 'fifth'];

/** Where somebody stands before a board: one line, written over on a terminal, and elsewhere only when place or holder change. */
export class WaitingLine {
  private open = false;
  private shown = '';

  constructor(private readonly out: Pick<NodeJS.WriteStream, 'isTTY' | 'write'>) {}

  show(waiting: Waiting): void {
    if (this.out.isTTY) {
      this.out.write(`\r\x1b[K${describeWaiting(waiting)}`);
      this.open = true;
      return;
    }
    const { estimateMs: _, ...lasting } = waiting;
    const told = describeWaiting(lasting);
    if (told !== this.shown) this.out.write(`${describeWaiting(waiting)}\n`);
    this.shown = told;
  }

  /** Whatever comes next begins a line; whoever waits again is shown anew. */
  end(): void {
    if (this.open) this.out.write('\n');
    this.open = false;
    this.shown = '';
  }
}

/** Such as "cam-1: second in line; held by anna@lab for nightly (about 4 min)". */
export function describeWaiting({ board, position, holder, estimateMs }: Waiting): string {
  const place = `${PLACES[position - 1] ?? `number ${position}`} in line`;
  const by = holder === undefined ? '' : `; held by ${holder.user} for ${holder.what}`;
  return `${board}: ${place}${by}${estimateMs === undefined ? '' : ` (about ${span(estimateMs)})`}`;
}

/** Such as "40 s", "4 min", "2 h". */
export function span(ms: number): string {
  const seconds = Math.max(1, Math.round(ms / 1000));
  if (seconds < 90) return `${seconds} s`;
  const minutes = Math.round(seconds / 60);
  return minutes < 90 ? `${minutes} min` : `${Math.round(minutes / 60)} h`;
}
