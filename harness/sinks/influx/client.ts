import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { type ClientRequest, Agent as HttpAgent, type IncomingMessage } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import { InfluxDB, type IParsedPoint, type IPoint } from 'influx';
import { type InfluxDestination, withoutSecrets } from './destination.js';

/** What the server made of a batch. */
export type WriteAnswer =
  /** It has the points. */
  | { readonly kind: 'written' }
  /** It wants less at once (413). */
  | { readonly kind: 'too-large'; readonly message: string }
  /** It will not have some of these lines, as they are (400; 2.x also says 422). */
  | { readonly kind: 'refused'; readonly message: string }
  /** It does not answer, or not now, or not to us: nothing is known of the points. */
  | { readonly kind: 'unavailable'; readonly message: string };

/** What a sender needs of a server. */
export interface LineWriter {
  write(lines: readonly string[], timeoutMs: number): Promise<WriteAnswer>;
}

export interface Ping {
  /** Undefined when nothing answers, or what answers is no InfluxDB. */
  readonly version?: string;
  readonly roundTripMs?: number;
}

/**
 * A server, by npm's `influx`. Of that client we use the transport alone: its points are formatted lines already, and
 * its host pool neither waits nor tries again, since with a single host it would only refuse to send for seconds.
 */
export class InfluxClient implements LineWriter, Disposable {
  private agent: HttpAgent;
  private database: LinesDatabase;
  private abandon = new AbortController();
  /** Of the newest answer. The client takes any status below 300 for success and does not tell which it was. */
  private status: number | undefined;
  private nobody = false;

  constructor(private readonly destination: InfluxDestination) {
    ({ agent: this.agent, database: this.database } = connect(destination));
    subscribe(RESPONSES, this.onResponse);
  }

  /**
   * Sends the lines as one request. Never throws: what went wrong is the answer. A connection that was kept may have been
   * closed by the server while it was idle, which says nothing of the server: a reset is tried once more.
   */
  async write(lines: readonly string[], timeoutMs: number): Promise<WriteAnswer> {
    const abandon = new AbortController();
    this.abandon = abandon;
    const body = lines.join('\n');
    const answer = this.post(body)
      .then((first) => (first.wasReset && !abandon.signal.aborted ? this.post(body) : first))
      .then((last) => last.answer);
    return settle(answer, abandon.signal, timeoutMs, () => this.abort());
  }

  /** Whether the newest request found nobody: its connection was refused, or there is no such host. */
  get foundNobody(): boolean {
    return this.nobody;
  }

  async ping(timeoutMs: number): Promise<Ping> {
    const [pong] = await this.database.ping(timeoutMs);
    if (pong?.online !== true || pong.version === undefined) return {};
    return { version: pong.version, roundTripMs: pong.rtt };
  }

  /** Gives up what is under way. It may be used again. */
  abort(): void {
    this.abandon.abort();
    this.agent.destroy();
    ({ agent: this.agent, database: this.database } = connect(this.destination));
  }

  [Symbol.dispose](): void {
    unsubscribe(RESPONSES, this.onResponse);
    this.abandon.abort();
    this.agent.destroy();
  }

  private readonly onResponse = (message: unknown): void => {
    const { request, response } = message as {
      request: ClientRequest & { agent?: unknown };
      response: IncomingMessage;
    };
    if (request.agent === this.agent) this.status = response.statusCode;
  };

  private post(body: string): Promise<Posted> {
    this.status = undefined;
    this.nobody = false;
    return this.database.writePoints([{ measurement: body }]).then(
      (): Posted => ({ answer: this.acknowledgement(), wasReset: false }),
      (error: unknown) => ({ answer: this.answerOf(error), wasReset: wasReset(error) }),
    );
  }

  /** A write is acknowledged by 204 alone, in every version: a login page or a proxy says 200 to anything. */
  private acknowledgement(): WriteAnswer {
    if (this.status === WRITTEN) return { kind: 'written' };
    const message = `${this.status ?? 'no status'}: not how an InfluxDB acknowledges points; is something else at this address?`;
    return { kind: 'unavailable', message };
  }

  private answerOf(error: unknown): WriteAnswer {
    const { status, body } = statusOf(error);
    this.nobody = isNobody(error);
    const message = withoutSecrets(body, this.destination).slice(0, 2000);
    if (status === 413) return { kind: 'too-large', message };
    if (status === 400 || status === 422) return { kind: 'refused', message };
    return { kind: 'unavailable', message };
  }
}

/** Node's channel of the answers that all its requests get. */
const RESPONSES = 'http.client.response.finish';
const WRITTEN = 204;

interface Posted {
  readonly answer: WriteAnswer;
  readonly wasReset: boolean;
}

/** The client waits for ever for an answer that is cut off after its status line; a deadline of our own ends that too. */
function settle(
  answer: Promise<WriteAnswer>,
  abandoned: AbortSignal,
  timeoutMs: number,
  onSilence: () => void,
): Promise<WriteAnswer> {
  return new Promise((resolve) => {
    const end = (one: WriteAnswer): void => {
      clearTimeout(timer);
      resolve(one);
    };
    const timer = setTimeout(() => {
      end({ kind: 'unavailable', message: `no answer within ${Math.round(timeoutMs)} ms` });
      onSilence();
    }, timeoutMs);
    abandoned.addEventListener('abort', () => end({ kind: 'unavailable', message: 'no answer in time' }));
    void answer.then(end);
  });
}

/** The client's database whose points are line protocol already: several lines, in `measurement`. */
class LinesDatabase extends InfluxDB {
  override parsePoint({ measurement = '' }: IPoint): IParsedPoint {
    return {
      fields: {},
      tags: {},
      measurement,
      timestamp: '',
      fieldsPairs: [],
      tagsNames: [],
      castedTimestamp: undefined as unknown as string,
    };
  }
}

/** A strategy of the pool that never takes the host out of it. */
const NO_BACKOFF = { getDelay: () => 0, next: () => NO_BACKOFF, reset: () => NO_BACKOFF };

/** The pool's own limit on silence must not come before ours. */
const POOL_TIMEOUT_MS = 3_600_000;

function connect({ url, database, user, password, token, ca }: InfluxDestination): {
  agent: HttpAgent;
  database: LinesDatabase;
} {
  const secure = url.protocol === 'https:';
  const agent = secure
    ? new HttpsAgent({ keepAlive: true, ...(ca === undefined ? {} : { ca }) })
    : new HttpAgent({ keepAlive: true });
  const headers = token === undefined ? {} : { headers: { Authorization: `Token ${token}` } };
  const config = {
    host: url.hostname,
    port: Number(url.port || (secure ? 443 : 80)),
    path: url.pathname.replace(/\/$/, ''),
    protocol: secure ? ('https' as const) : ('http' as const),
    database,
    options: { agent, ...headers },
    pool: { maxRetries: 0, requestTimeout: POOL_TIMEOUT_MS, backoff: NO_BACKOFF },
  };
  // Without a name of its own the client says that it is root; null keeps it from saying anything.
  const name = token === undefined && user !== undefined ? user : (null as unknown as string);
  return { agent, database: new LinesDatabase({ ...config, username: name, password: password ?? '' }) };
}

interface ClientError {
  readonly message?: string;
  readonly code?: string;
  readonly errors?: readonly unknown[];
  readonly res?: { readonly statusCode?: number };
}

/** The client's errors hold the request with its credentials: only what is needed is taken out of them. */
function statusOf(error: unknown): { status: number | undefined; body: string } {
  const { message = '', code, res } = (error ?? {}) as ClientError;
  const [, body] = /^A \d+ .*? error occurred: (.*)$/s.exec(message) ?? [];
  const status = res?.statusCode;
  if (body !== undefined && status !== undefined) return { status, body: `${status}: ${errorIn(body)}` };
  return { status, body: code === undefined || message.includes(code) ? message : `${message} (${code})` };
}

/** A name with several addresses fails with the errors of all of them. */
function isNobody(error: unknown): boolean {
  const { code = '', errors = [] } = (error ?? {}) as ClientError;
  return errors.length > 0 ? errors.every(isNobody) : ['ECONNREFUSED', 'ENOTFOUND'].includes(code);
}

function wasReset(error: unknown): boolean {
  return ['ECONNRESET', 'EPIPE'].includes((error as ClientError | undefined)?.code ?? '');
}

/** InfluxDB's message is in a JSON object: `error` in 1.x and 3.x, `message` in 2.x. */
function errorIn(body: string): string {
  try {
    const { error, message } = JSON.parse(body) as Record<string, unknown>;
    const text = error ?? message;
    return typeof text === 'string' ? text : body.trim();
  } catch {
    return body.trim();
  }
}
