import type { BenchEvent } from '../bench/events.js';
import type { Job } from '../farm/jobs/job.js';
import type { Night } from '../nightly/night-file.js';
import type { NightChange } from '../nightly/night-run.js';
import type { NightProgress } from '../nightly/progress.js';
import type { NightView } from '../nightly/run-night.js';
import { MARKS } from '../sinks/night-table.js';
import { type Colors, colorsFor } from './colors.js';
import { describeWaiting, span } from './waiting-line.js';

/** The last line of a terminal is not written more often. */
const STATUS_MS = 1000;

/**
 * Shows a night: a line for everything that ended, and for every board or place that came or went. How far it is stands in the last line on
 * a terminal, and elsewhere in the line of each job.
 */
export class NightLines implements NightView {
  private readonly colors: Colors;
  private progress: NightProgress | undefined;
  private timer: NodeJS.Timeout | undefined;
  private readonly waitingFor = new Map<string, string>();
  /** Jobs whose last try was an infra-fail. */
  private readonly failed = new Set<string>();

  constructor(private readonly out: NodeJS.WriteStream) {
    this.colors = colorsFor(out);
  }

  planned(
    { id, jobs, scenarios, boards, unplaced, options }: Night,
    folder: string,
    progress: NightProgress,
  ): void {
    this.progress = progress;
    const { judged, total } = progress.look(Date.now());
    const where = options.queue === undefined ? `on ${boards.length} board(s)` : `through ${options.queue}`;
    this.line(
      this.colors.bold(`night ${id}: ${jobs.length} job(s) of ${scenarios.length} scenario(s) ${where}`),
    );
    this.line(`night folder: ${folder}`);
    if (judged > 0) this.line(`${judged} of ${total} were judged already`);
    for (const { title, why } of unplaced)
      this.line(this.colors.yellow(`${MARKS.inconclusive} ${title}: ${why}`));
    if (this.out.isTTY) this.timer = setInterval(() => this.status(), STATUS_MS);
  }

  change(change: NightChange): void {
    const { job } = change;
    if (change.type === 'started') {
      this.started(change);
      return;
    }
    this.waitingFor.delete(job.id);
    const { entry } = change;
    if (entry.record === 'judged') this.judged(job, entry.outcome);
    if (entry.record === 'retried') {
      this.failed.add(job.id);
      this.line(this.colors.yellow(`${job.title}: ${reasonOf(entry.outcome)}`));
    }
    if (entry.record === 'lost') this.line(this.colors.yellow(`${job.title}: lost: ${entry.why}`));
    if (entry.record === 'refused') this.line(`${job.title}: ${entry.why}`);
  }

  /** A further try may never be: the board may be in quarantine, and no other fit. */
  private started({ job, try: number, boards, joined }: Extract<NightChange, { type: 'started' }>): void {
    const again = this.failed.delete(job.id);
    if (joined) this.line(`${job.title}: joined, where try ${number} was started before`);
    else if (again) {
      const on = boards.length === 0 ? '' : ` on ${boards.map(({ id }) => id).join(', ')}`;
      this.line(`${job.title}: tried again${on}`);
    }
  }

  event(job: Job, event: BenchEvent): void {
    if (event.type !== 'waiting') return;
    const { estimateMs: _, ...lasting } = event;
    const told = describeWaiting(lasting);
    if (this.waitingFor.get(job.id) === told) return;
    this.waitingFor.set(job.id, told);
    this.line(`${job.title}: ${describeWaiting(event)}`);
  }

  note(text: string): void {
    this.line(text);
  }

  end(): void {
    clearInterval(this.timer);
    if (this.out.isTTY) this.out.write('\r\x1b[K');
  }

  private judged(job: Job, outcome: Outcome): void {
    const { verdict, boards, startedAt, endedAt } = outcome;
    const on = boards.length === 0 ? '' : ` on ${boards.map(({ id }) => id).join(', ')}`;
    const took = ` (${span(Date.parse(endedAt) - Date.parse(startedAt))})`;
    const far = this.out.isTTY ? '' : ` [${this.far()}]`;
    if (verdict === 'pass') this.line(`${this.colors.green(MARKS.pass)} ${job.title}${on}${took}${far}`);
    else
      this.line(
        `${this.colors.red(`${MARKS[verdict]} ${verdict} ${job.title}${on}: ${reasonOf(outcome)}`)}${far}`,
      );
  }

  private far(): string {
    if (this.progress === undefined) return '';
    const { judged, total, running, remainingMs } = this.progress.look(Date.now());
    const left = remainingMs === undefined ? '' : `, about ${span(remainingMs)} left`;
    return `${judged} of ${total} judged${running === 0 ? '' : `, ${running} running`}${left}`;
  }

  private status(): void {
    this.out.write(`\r\x1b[K${this.far()}`);
  }

  /** Boards say anything: none of it begins a line. */
  private line(raw: string): void {
    const text = raw.replace(/[\r\n]+/g, ' ');
    this.out.write(this.out.isTTY ? `\r\x1b[K${text}\n` : `${text}\n`);
  }
}

type Outcome = Extract<Extract<NightChange, { type: 'ended' }>['entry'], { record: 'judged' }>['outcome'];

function reasonOf({ verdict, failures }: Outcome): string {
  return failures[0]?.message ?? verdict;
}
