import type { LogEvent } from '../board/log-event.js';
import type { ForeignFirmware } from './foreign-schema.js';
import { compilePattern, type Groups, type Pattern } from './pattern.js';
import { addSpeed, type PrintedSpeed } from './printed-speed.js';

/** What the log of one generation says; what it does not say is absent. */
export interface ReadGeneration {
  /** Whether its last line came. */
  readonly ended: boolean;
  readonly promptTokens?: number;
  /** Ids of the new tokens. */
  readonly ids?: readonly number[];
  readonly text?: string;
  /** How many token lines came. */
  readonly tokenLines: number;
  readonly speed: PrintedSpeed;
}

/** More than this of one generation is not kept: what a device sends must not grow memory without bound. */
const maxTextLength = 1 << 20;
const maxIds = 1 << 16;

/** A firmware's patterns, compiled once. */
export interface CompiledLog {
  readonly ready: Pattern;
  readonly started: Pattern | undefined;
  readonly tokens: Pattern | undefined;
  readonly tokensGiveText: boolean;
  readonly tokensGiveIds: boolean;
  readonly speed: readonly Pattern[];
  readonly ended: Pattern;
  readonly textUnmatched: boolean;
}

export function compileLog({ ready, log }: ForeignFirmware): CompiledLog {
  const optional = (source: string | undefined) =>
    source === undefined ? undefined : compilePattern(source);
  return {
    ready: compilePattern(ready),
    started: optional(log.started),
    tokens: optional(log.tokens),
    tokensGiveText: log.tokens?.includes('(?<text>') === true,
    tokensGiveIds: log.tokens?.includes('(?<ids>') === true,
    speed: log.speed.map(compilePattern),
    ended: compilePattern(log.ended),
    textUnmatched: log.text_unmatched,
  };
}

/**
 * Reads one generation out of the events of a log, the same live and from a capture. Lines before its start and behind
 * its end are not its own.
 */
export class GenerationReader {
  private started: boolean;
  private ended = false;
  private measured = false;
  private promptTokens: number | undefined;
  private tokenLines = 0;
  private readonly ids: number[] = [];
  private readonly texts: string[] = [];
  private textLength = 0;
  private speed: PrintedSpeed = {};

  constructor(
    private readonly log: CompiledLog,
    private ready: boolean,
  ) {
    this.started = log.started === undefined;
  }

  /** Whether its last line came. */
  get isEnded(): boolean {
    return this.ended;
  }

  /** Whether the firmware said that it is ready, or was before. */
  get isReady(): boolean {
    return this.ready;
  }

  push(event: LogEvent): void {
    if (this.ended || !isLine(event)) return;
    if (!this.ready) {
      this.ready = this.log.ready.match(event.text) !== undefined;
      return;
    }
    if (!this.started) this.takeStart(event.text);
    else this.takeLine(event);
  }

  result(): ReadGeneration {
    const { log, ids, texts, promptTokens } = this;
    const hasText = log.textUnmatched || log.tokensGiveText;
    return {
      ended: this.ended,
      ...(promptTokens === undefined ? {} : { promptTokens }),
      ...(log.tokensGiveIds ? { ids } : {}),
      ...(hasText ? { text: texts.join('').replace(/\n$/, '') } : {}),
      tokenLines: this.tokenLines,
      speed: this.speed,
    };
  }

  private takeStart(text: string): void {
    const start = this.log.started?.match(text);
    if (start === undefined) return;
    this.started = true;
    this.promptTokens = wholeNumber(start.prompt_tokens);
  }

  private takeLine(event: LogEvent): void {
    const { log } = this;
    const tokens = log.tokens?.match(event.text);
    if (tokens !== undefined) this.takeTokens(tokens);
    const speeds = log.speed
      .map((pattern) => pattern.match(event.text))
      .filter((groups) => groups !== undefined);
    for (const groups of speeds) this.speed = addSpeed(this.speed, groups);
    this.measured ||= speeds.length > 0;
    this.ended = log.ended.match(event.text) !== undefined;
    const isRest = tokens === undefined && !this.measured && !this.ended && event.kind !== 'log';
    if (log.textUnmatched && isRest) this.addText(event.raw.at(-1) === 0x0a ? `${event.text}\n` : event.text);
  }

  private takeTokens({ ids, text }: Groups): void {
    this.tokenLines++;
    if (text !== undefined) this.addText(text);
    const room = maxIds - this.ids.length;
    this.ids.push(...(ids?.match(/\d+/g) ?? []).slice(0, room).map(Number));
  }

  private addText(text: string): void {
    const piece = text.slice(0, maxTextLength - this.textLength);
    this.textLength += piece.length;
    this.texts.push(piece);
  }
}

/** What the chip says on its own is nothing that an app printed. */
function isLine({ kind }: LogEvent): boolean {
  return !['boot', 'rom', 'panic', 'loader-waiting', 'image-fault', 'brownout', 'watchdog'].includes(kind);
}

function wholeNumber(text: string | undefined): number | undefined {
  return text !== undefined && /^\d{1,9}$/.test(text) ? Number(text) : undefined;
}
