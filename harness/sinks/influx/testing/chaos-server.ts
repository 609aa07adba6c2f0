import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/**
 * What a request meets. `taken` ones keep the points and lose the answer: the acknowledgement never comes, or only half
 * of it.
 */
export type Mood =
  | 'well'
  | 'hang'
  | 'reset'
  | 'taken-reset'
  | 'taken-half-answer'
  | 'half-answer'
  | 'refuse-all'
  | 200
  | 401
  | 403
  | 404
  | 429
  | 500
  | 503;

export interface ChaosOptions {
  /** How the server is when a request comes. */
  readonly mood?: () => Mood;
  /** Lines that it refuses for their own sake: 400, as InfluxDB 1.x does it, the others of the batch being kept. */
  readonly isBad?: (line: string) => boolean;
  /** More lines at once are 413. */
  readonly mostLines?: number;
  /** How long it thinks before an answer. */
  readonly delayMs?: number;
  /** Of the loopback; default: any that is free. */
  readonly port?: number;
}

/** A server that takes line protocol as InfluxDB does, and has moods. Lines must not hold line feeds. */
export class ChaosServer implements AsyncDisposable {
  /** How often each line was taken. To InfluxDB the same line again is the same point. */
  readonly taken = new Map<string, number>();
  /** Headers of the last request. */
  lastHeaders: IncomingMessage['headers'] = {};
  requests = 0;

  private constructor(
    private readonly server: Server,
    readonly options: ChaosOptions,
  ) {}

  static async start(options: ChaosOptions = {}): Promise<ChaosServer> {
    const server = createServer();
    const chaos = new ChaosServer(server, options);
    server.on('request', (request, response) => void chaos.serve(request, response));
    await new Promise<void>((resolve) => server.listen(options.port ?? 0, '127.0.0.1', resolve));
    return chaos;
  }

  get url(): URL {
    return new URL(`http://127.0.0.1:${(this.server.address() as AddressInfo).port}`);
  }

  /** Points, without those that only ask whether it takes points. */
  get points(): string[] {
    return [...this.taken.keys()].filter((line) => !line.startsWith('probe ')).sort();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private async serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    this.requests++;
    this.lastHeaders = request.headers;
    const mood = this.options.mood?.() ?? 'well';
    let body = '';
    try {
      for await (const chunk of request.setEncoding('utf8')) body += chunk as string;
    } catch {
      return;
    }
    const { delayMs = 0 } = this.options;
    if (delayMs > 0) await new Promise((resolve) => setTimeout(resolve, delayMs));
    if (request.url === '/ping') response.writeHead(204, { 'X-Influxdb-Version': 'chaos' }).end();
    else this.answer(mood, body.split('\n'), request, response);
  }

  private answer(
    mood: Mood,
    lines: readonly string[],
    request: IncomingMessage,
    response: ServerResponse,
  ): void {
    if (typeof mood === 'number') say(response, mood, `I answer ${mood}`);
    else if (mood === 'refuse-all') say(response, 400, 'precision is not what I like');
    else if (mood === 'reset') request.socket.resetAndDestroy();
    else if (mood === 'half-answer') halfAnswer(request, response);
    else if (mood === 'taken-reset' || mood === 'taken-half-answer') {
      this.keep(lines);
      if (mood === 'taken-reset') request.socket.resetAndDestroy();
      else halfAnswer(request, response);
    } else if (mood === 'well') this.write(lines, response);
  }

  private write(lines: readonly string[], response: ServerResponse): void {
    if (lines.length > (this.options.mostLines ?? Number.POSITIVE_INFINITY)) {
      say(response, 413, 'Request Entity Too Large');
      return;
    }
    const bad = this.keep(lines);
    if (bad === undefined) response.writeHead(204).end();
    else say(response, 400, `partial write: unable to parse '${bad}': bad timestamp`);
  }

  /** @returns the first bad line */
  private keep(lines: readonly string[]): string | undefined {
    const { isBad = () => false } = this.options;
    for (const line of lines) if (!isBad(line)) this.taken.set(line, (this.taken.get(line) ?? 0) + 1);
    return lines.find(isBad);
  }
}

function say(response: ServerResponse, status: number, error: string): void {
  response.writeHead(status, { 'Content-Type': 'application/json' }).end(JSON.stringify({ error }));
}

function halfAnswer(request: IncomingMessage, response: ServerResponse): void {
  response.writeHead(200, { 'Content-Length': 100 });
  response.write('half', () => request.socket.resetAndDestroy());
}
