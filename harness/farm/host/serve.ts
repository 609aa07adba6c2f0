import type { Readable, Writable } from 'node:stream';
import { ConfigError, InfraError, toTokenrackError } from '../../errors.js';
import { LineSplitter } from './line-splitter.js';
import { type HostFolders, type HostMethods, openHostMethods } from './methods.js';
import {
  type HostAnswer,
  type HostError,
  type HostMethod,
  type HostRequest,
  LONGEST_LINE_BYTES,
  METHODS,
  requestSchema,
} from './protocol.js';

/**
 * Answers the requests that come on `input` until it ends; jobs that run go on. Requests are answered as they are done, not in order.
 * @throws InfraError `bad-request` for what is no request: whoever speaks so is no controller
 */
export async function serveHost(input: Readable, output: Writable, folders: HostFolders): Promise<void> {
  const over = new AbortController();
  const conversation = new Conversation(output, await openHostMethods(folders), over.signal);
  const splitter = new LineSplitter(LONGEST_LINE_BYTES);
  output.on('error', () => over.abort());
  over.signal.addEventListener('abort', () => input.destroy());
  try {
    for await (const chunk of input) {
      for (const line of splitter.push(chunk as Uint8Array)) conversation.take(parseRequest(line));
    }
  } catch (error) {
    if (!over.signal.aborted) throw error;
  } finally {
    over.abort();
    await conversation.settled();
  }
}

/** What one controller asked that is not answered yet. */
class Conversation {
  private readonly open = new Map<number, AbortController>();
  private readonly running = new Set<Promise<void>>();
  private greeted = false;

  constructor(
    private readonly output: Writable,
    private readonly methods: HostMethods,
    private readonly over: AbortSignal,
  ) {}

  take(request: HostRequest): void {
    const running = this.serve(request).finally(() => this.running.delete(running));
    this.running.add(running);
  }

  async settled(): Promise<void> {
    await Promise.allSettled(this.running);
  }

  private async serve({ id, method, params }: HostRequest): Promise<void> {
    const controller = new AbortController();
    this.open.set(id, controller);
    const signal = AbortSignal.any([controller.signal, this.over]);
    try {
      await this.say({ id, result: await this.answer(method, params, id, signal) });
    } catch (error) {
      await this.say({ id, error: describe(error) });
    } finally {
      this.open.delete(id);
    }
  }

  private async answer(name: string, params: unknown, id: number, signal: AbortSignal): Promise<unknown> {
    const method = methodOf(name);
    if (!this.greeted && method !== 'hello')
      throw new ConfigError('no-hello', 'say hello first, with a version');
    const checked = METHODS[method].params.safeParse(params);
    if (!checked.success) throw badParams(method, checked.error.issues[0]!);
    if (method === 'cancel') return this.cancel(checked.data as { request: number });
    const act = this.methods[method] as (params: unknown, asking: object) => Promise<unknown>;
    const onLine = (line: unknown, next: number): Promise<void> => this.say({ id, line, next } as HostAnswer);
    const result = await act(checked.data, { signal, onLine });
    if (method === 'hello') this.greeted = true;
    return result;
  }

  private cancel({ request }: { request: number }): object {
    this.open.get(request)?.abort(new InfraError('cancelled', 'cancelled'));
    return {};
  }

  /** Waits while the other end reads slower than we speak. */
  private async say(answer: HostAnswer): Promise<void> {
    if (this.over.aborted || this.output.write(`${JSON.stringify(answer)}\n`)) return;
    await new Promise<void>((done) => {
      this.output.once('drain', done);
      this.over.addEventListener('abort', () => done(), { once: true });
    });
  }
}

function parseRequest(line: string | undefined): HostRequest {
  const checked = requestSchema.safeParse(line === undefined ? undefined : parse(line));
  if (checked.success) return checked.data;
  throw new InfraError(
    'bad-request',
    `that is no request: ${(line ?? 'a line without an end').slice(0, 200)}`,
  );
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function methodOf(name: string): HostMethod {
  if (name in METHODS) return name as HostMethod;
  throw new ConfigError('no-method', `this tokenrack has no method "${name}"`);
}

function badParams(
  method: string,
  issue: { readonly path: readonly PropertyKey[]; readonly message: string },
): Error {
  return new ConfigError('bad-params', `${method}: ${issue.path.join('.')}: ${issue.message}`);
}

function describe(error: unknown): HostError {
  const known = toTokenrackError(error);
  if (known !== undefined) return { code: known.code, class: known.failureClass, message: known.message };
  const message = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return { code: 'exception', class: 'harness-bug', message };
}
