import type { BenchEvent } from '../bench/events.js';
import type { Plan } from '../results/plan.js';
import type { RunResult } from '../results/result.js';
import type { JudgedClaim } from '../scenario/run-suites.js';
import type { KeptReport } from '../scenario/session.js';
import { roundingNote } from '../sinks/rounding-note.js';
import { formatSummary } from '../sinks/summary.js';
import { type Colors, colorsFor } from './colors.js';
import { WaitingLine } from './waiting-line.js';

type EventOf<T extends BenchEvent['type']> = Extract<BenchEvent, { type: T }>;

/**
 * Shows a run while it goes on: phases as lines, and the text of warm-ups and first repeats as it is made. With
 * several boards only the plan's first one streams, so that texts do not mix.
 */
export class LiveView {
  private plan: Plan | undefined;
  private decoder = new TextDecoder();
  private streaming = false;

  private readonly colors: Colors;
  private readonly waiting: WaitingLine;

  constructor(private readonly out: NodeJS.WriteStream) {
    this.colors = colorsFor(out);
    this.waiting = new WaitingLine(out);
  }

  show(event: BenchEvent): void {
    switch (event.type) {
      case 'planned':
        this.planned(event.plan);
        break;
      case 'rounded':
        this.endStream();
        process.stderr.write(roundingNote(event.model, event));
        break;
      case 'reference':
        if (event.done === event.total) this.line(`host: reference computed for ${event.total} prompt(s)`);
        break;
      case 'quality':
        if (event.done === event.total)
          this.line(`host: compared with float32 over ${event.total} prompt(s)`);
        break;
      case 'waiting':
        this.endStream();
        this.waiting.show(event);
        break;
      case 'attempt':
        this.waiting.end();
        if (event.attempt > 1) this.line(`${event.board}: attempt ${event.attempt}`);
        break;
      case 'flashed':
        this.flashed(event);
        break;
      case 'booted':
        this.line(`${event.board}: booted build ${event.build}`);
        break;
      case 'loaded':
        this.line(`${event.board}: model loaded from the card`);
        break;
      case 'generation':
        this.generation(event);
        break;
      case 'token':
        this.token(event);
        break;
      case 'text':
        if (this.streaming && this.streams(event.board)) this.out.write(event.text);
        break;
      case 'generated':
        if (this.streams(event.board)) this.endStream();
        break;
      case 'failure':
        this.line(this.colors.red(`${event.failure.class}: ${event.failure.message}`));
        break;
      case 'recovery':
        this.recovery(event);
        break;
      case 'quarantined':
        this.line(this.colors.yellow(`${event.board}: in quarantine: ${event.reason}`));
        break;
      case 'flash':
        break;
    }
  }

  result(result: RunResult): void {
    this.line('');
    this.out.write(formatSummary(result, { color: this.colors.isColorSupported }));
  }

  report({ text, folder }: KeptReport): void {
    this.line('');
    this.out.write(`${text}report: ${folder}\n`);
  }

  claim({ title, passed }: JudgedClaim): void {
    this.line(passed ? `${this.colors.green('✓')} ${title}` : `${this.colors.red('✗')} ${title}`);
  }

  private planned(plan: Plan): void {
    this.plan = plan;
    const { model, build, boards, prompts, repeats, generate, foreign } = plan;
    this.line(this.colors.bold(plan.scenario.title));
    const parameters = model.parameters?.toLocaleString('en-US');
    const size =
      parameters === undefined
        ? ''
        : ` (${parameters} parameters, ${plan.format}${plan.strategy === undefined || plan.strategy === 'seed' ? '' : `, strategy ${plan.strategy}`})`;
    this.line(`model ${model.name}${size}, build ${build.id}`);
    const on = boards.map(({ id, link, clock }) => `${id} (${link}, clock ${clock})`).join(', ');
    const each = foreign === undefined ? `, ${generate.tokens} new tokens each` : '';
    this.line(`${prompts.length} prompt(s) x ${repeats} repeat(s)${each}, on ${on}`);
  }

  private flashed({ board, elapsedMs, writtenBytes, skippedBytes }: EventOf<'flashed'>): void {
    const seconds = (elapsedMs / 1000).toFixed(1);
    const kilobytes = (bytes: number): string => `${Math.round(bytes / 1000)} KB`;
    const kept = skippedBytes > 0 ? `, ${kilobytes(skippedBytes)} already there` : '';
    this.line(`${board}: flashed ${kilobytes(writtenBytes)} in ${seconds} s${kept}`);
  }

  private recovery({ board, step, fixed, elapsedMs, error }: EventOf<'recovery'>): void {
    const why = error === undefined ? '' : ` (${error})`;
    const what = fixed ? 'the board answers again' : `no help${why}`;
    this.line(`${board}: recovery by ${step}: ${what}, after ${(elapsedMs / 1000).toFixed(1)} s`);
  }

  private generation({ board, prompt, repeat }: EventOf<'generation'>): void {
    if (!this.streams(board)) return;
    this.endStream();
    if (repeat > 1) return;
    this.streaming = true;
    this.decoder = new TextDecoder();
    const label = repeat === 0 ? this.colors.dim('warm-up ') : '';
    this.out.write(`  ${label}${this.colors.bold(this.plan?.prompts[prompt]?.text ?? '')}`);
  }

  private token({ board, bytes }: EventOf<'token'>): void {
    if (this.streaming && this.streams(board)) this.out.write(this.decoder.decode(bytes, { stream: true }));
  }

  private streams(board: string): boolean {
    return board === this.plan?.boards[0]?.id;
  }

  private endStream(): void {
    if (this.streaming) this.out.write('\n');
    this.streaming = false;
  }

  private line(text: string): void {
    this.endStream();
    this.waiting.end();
    this.out.write(`${text}\n`);
  }
}
