import type { Readable, Writable } from 'node:stream';
import { ConfigError, InfraError, TokenrackError } from '../../errors.js';
import type { JobOutcome } from '../jobs/job.js';
import type { JobRef, OnJobLine } from '../jobs/job-store.js';
import { LineSplitter } from './line-splitter.js';
import {
  answerSchema,
  type HostAnswer,
  type HostMethod,
  type HostParams,
  type HostResult,
  LONGEST_LINE_BYTES,
  METHODS,
} from './protocol.js';
import { otherVersion } from './version-check.js';

/** How much of what comes before the first line of the protocol is remembered. */
const BANNER_BYTES = 4096;

/** The controller's end of a conversation with `tokenrack host`. Whoever opened the streams ends them. */
export interface HostClient {
  /** Comes first. @throws ConfigError `other-version` with the install command */
  hello(version: string): Promise<HostResult<'hello'>>;
  /** @throws what the host says; InfraError `connection-lost` */
  call<M extends HostMethod>(method: M, params: HostParams<M>): Promise<HostResult<M>>;
  /** As `JobStore.follow`; the job goes on when the connection is lost or the signal aborts. */
  follow(ref: JobRef, offset: number, onLine: OnJobLine, signal: AbortSignal): Promise<JobOutcome>;
  /** What was said before the first line of the protocol: a login banner, or why the program did not start. */
  readonly banner: string;
  /** Resolves when the conversation is over, with what every pending call failed with. */
  readonly ended: Promise<InfraError>;
}

interface Pending {
  readonly method: HostMethod;
  readonly resolve: (result: unknown) => void;
  readonly reject: (error: Error) => void;
  readonly onLine?: OnJobLine;
}

export interface HostStreams {
  /** What the host reads. */
  readonly stdin: Writable;
  /** What the host says. */
  readonly stdout: Readable;
  /** The host, for messages; default `the host`. */
  readonly name?: string;
}

export function openHostClient(streams: HostStreams): HostClient {
  return new StreamClient(streams);
}

class StreamClient implements HostClient {
  banner = '';
  readonly ended: Promise<InfraError>;
  private readonly name: string;
  private readonly stdin: Writable;
  private readonly pending = new Map<number, Pending>();
  private readonly splitter = new LineSplitter(LONGEST_LINE_BYTES);
  private lastId = 0;
  private spoken = false;
  private lost: InfraError | undefined;
  private tellEnded: (error: InfraError) => void = () => {};

  constructor({ stdin, stdout, name = 'the host' }: HostStreams) {
    this.name = name;
    this.stdin = stdin;
    this.ended = new Promise((tell) => {
      this.tellEnded = tell;
    });
    stdout.on('data', (chunk: Uint8Array) => this.read(chunk));
    for (const event of ['end', 'close'] as const) stdout.on(event, () => this.lose('it ended'));
    stdout.on('error', (error) => this.lose(error.message));
    stdin.on('error', (error) => this.lose(error.message));
    stdin.on('close', () => this.lose('it was closed'));
  }

  async hello(version: string): Promise<HostResult<'hello'>> {
    const answer = await this.call('hello', { version });
    if (answer.version !== version) throw otherVersion(this.name, answer.version, version);
    return answer;
  }

  call<M extends HostMethod>(method: M, params: HostParams<M>): Promise<HostResult<M>> {
    return this.request(method, params).result as Promise<HostResult<M>>;
  }

  async follow(ref: JobRef, offset: number, onLine: OnJobLine, signal: AbortSignal): Promise<JobOutcome> {
    signal.throwIfAborted();
    const { id, result } = this.request('job.follow', { job: ref.id, try: ref.try, offset }, onLine);
    const cancel = (): void => this.cancel(id, signal.reason);
    signal.addEventListener('abort', cancel);
    try {
      return ((await result) as HostResult<'job.follow'>).outcome;
    } finally {
      signal.removeEventListener('abort', cancel);
    }
  }

  private cancel(id: number, reason: unknown): void {
    const waiting = this.pending.get(id);
    if (waiting === undefined) return;
    this.pending.delete(id);
    waiting.reject(reason instanceof Error ? reason : new Error(String(reason)));
    this.call('cancel', { request: id }).catch(() => {});
  }

  private request(
    method: HostMethod,
    params: unknown,
    onLine?: OnJobLine,
  ): { readonly id: number; readonly result: Promise<unknown> } {
    const id = ++this.lastId;
    const result = new Promise<unknown>((resolve, reject) => {
      if (this.lost !== undefined) return reject(this.lost);
      this.pending.set(id, { method, resolve, reject, ...(onLine === undefined ? {} : { onLine }) });
      this.stdin.write(`${JSON.stringify({ id, method, params })}\n`);
    });
    return { id, result };
  }

  private read(chunk: Uint8Array): void {
    for (const line of this.splitter.push(chunk)) {
      if (this.lost !== undefined) return;
      if (line === undefined) this.lose('it sent a line without an end');
      else this.take(line);
    }
  }

  private take(line: string): void {
    const answer = parseAnswer(line);
    if (answer !== undefined) {
      this.spoken = true;
      this.answer(answer);
    } else if (this.spoken) this.lose(`it sent what is no answer: ${abridge(line)}`);
    else this.banner = `${this.banner}${line}\n`.slice(-BANNER_BYTES);
  }

  /** A request that was cancelled has nobody who waits. */
  private answer(answer: HostAnswer): void {
    const waiting = this.pending.get(answer.id);
    if (waiting === undefined) return;
    if ('line' in answer) {
      void Promise.resolve(waiting.onLine?.(answer.line, answer.next)).catch((error: Error) =>
        this.cancel(answer.id, error),
      );
      return;
    }
    this.pending.delete(answer.id);
    if ('error' in answer) waiting.reject(errorOf(answer.error));
    else this.accept(waiting, answer.result);
  }

  private accept({ method, resolve, reject }: Pending, result: unknown): void {
    const checked = METHODS[method].result.safeParse(result);
    if (checked.success) resolve(checked.data);
    else
      reject(
        new InfraError(
          'bad-answer',
          `${this.name} answered ${method} with ${abridge(JSON.stringify(result))}`,
        ),
      );
  }

  private lose(why: string): void {
    if (this.lost !== undefined) return;
    const said = this.banner.trim();
    const before = said === '' ? '' : `; before that it said: ${abridge(said.replace(/\s*\n\s*/g, ' / '))}`;
    const message = `the connection to ${this.name} is lost: ${why}${this.spoken ? '' : before}`;
    this.lost = new InfraError('connection-lost', message, { host: this.name, banner: this.banner });
    for (const { reject } of this.pending.values()) reject(this.lost);
    this.pending.clear();
    this.tellEnded(this.lost);
  }
}

function parseAnswer(line: string): HostAnswer | undefined {
  try {
    const checked = answerSchema.safeParse(JSON.parse(line));
    return checked.success ? checked.data : undefined;
  } catch {
    return undefined;
  }
}

function errorOf({
  code,
  class: failureClass,
  message,
}: Extract<HostAnswer, { error: unknown }>['error']): TokenrackError {
  if (failureClass === 'config-error') return new ConfigError(code, message);
  if (failureClass === 'infra-fail') return new InfraError(code, message);
  return new TokenrackError(code, failureClass, message);
}

function abridge(text: string): string {
  return text.length <= 300 ? text : `${text.slice(0, 297)}...`;
}
