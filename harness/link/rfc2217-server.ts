import { createServer, type Server, type Socket } from 'node:net';
import { InfraError } from '../errors.js';
import type { ModemLines } from '../virtual/reset-pins.js';
import { Rfc2217Session, type ServedAdapter } from './rfc2217-session.js';
import type { PluggedBoard } from './virtual-ports.js';

export interface ServeOptions {
  /** 0: any that is free. */
  readonly port: number;
  /** The address to listen at. Default 127.0.0.1: RFC 2217 knows no password. */
  readonly bind?: string;
}

/** A board that the network can reach. */
export interface Rfc2217Server extends AsyncDisposable {
  readonly url: string;
  readonly port: number;
  /** Hangs up and stops listening; the board itself lives on. Again: nothing. */
  close(): Promise<void>;
}

/** How long a client may be silent before the system asks whether it is still there. */
const keepAliveMs = 10_000;

/**
 * Serves one board as RFC 2217 describes it, to one client at a time. The board has power from now on, with or without
 * a client; a client that leaves releases both lines, as a serial port that is closed does.
 * @throws InfraError `port-in-use` or `cannot-listen`
 */
export async function serveRfc2217(board: PluggedBoard, options: ServeOptions): Promise<Rfc2217Server> {
  const { bind = '127.0.0.1' } = options;
  const served = new ServedBoard(board);
  const server = createServer({ noDelay: true }, (socket) => served.admit(socket));
  try {
    await listen(server, options.port, bind);
  } catch (error) {
    served.close();
    throw error;
  }
  const { port } = server.address() as { port: number };
  let closed: Promise<void> | undefined;
  const close = (): Promise<void> => {
    closed ??= new Promise<void>((resolve) => {
      server.close(() => resolve());
      served.close();
    });
    return closed;
  };
  const host = bind.includes(':') ? `[${bind}]` : bind;
  return { url: `rfc2217://${host}:${port}`, port, close, [Symbol.asyncDispose]: close };
}

/** The adapter's state, and the one client that has it. */
class ServedBoard implements ServedAdapter {
  readonly #board: PluggedBoard;
  readonly #endings: (() => void)[];
  #lines: ModemLines = { dtr: false, rts: false };
  #baudRate = 115_200;
  #gone = false;
  readonly #sockets = new Set<Socket>();
  #client: { readonly socket: Socket; readonly session: Rfc2217Session } | undefined;

  constructor(board: PluggedBoard) {
    this.#board = board;
    board.setBaud(this.#baudRate);
    this.#endings = [
      board.onBytes((bytes) => this.#client?.session.hear(bytes)),
      board.onGone(() => this.#lose()),
    ];
  }

  get lines(): ModemLines {
    return this.#lines;
  }

  get baudRate(): number {
    return this.#baudRate;
  }

  setLines(lines: ModemLines): void {
    this.#lines = lines;
    if (!this.#gone) this.#board.setLines(lines);
  }

  setBaud(baudRate: number): void {
    this.#baudRate = baudRate;
    if (!this.#gone) this.#board.setBaud(baudRate);
  }

  write(bytes: Uint8Array): void {
    if (!this.#gone) this.#board.write(bytes);
  }

  admit(socket: Socket): void {
    // A connection that breaks also closes: the error itself says nothing more.
    socket.on('error', () => {});
    this.#sockets.add(socket);
    socket.on('close', () => this.#sockets.delete(socket));
    if (this.#gone || this.#client !== undefined) {
      const why = this.#gone ? 'is switched off' : 'has a client already: port in use';
      socket.end(`tokenrack: ${this.#board.name} ${why}\r\n`).resume();
      return;
    }
    socket.setKeepAlive(true, keepAliveMs);
    const session = new Rfc2217Session(this, {
      send: (bytes) => socket.write(bytes),
      backlogBytes: () => socket.writableLength,
    });
    this.#client = { socket, session };
    socket.on('data', (bytes: Buffer) => session.receive(bytes));
    for (const end of ['end', 'close'] as const) socket.on(end, () => this.#hangUp(socket));
    session.start();
  }

  close(): void {
    for (const end of this.#endings) end();
    for (const socket of this.#sockets) socket.destroy();
  }

  #lose(): void {
    this.#gone = true;
    this.#client?.socket.destroy();
  }

  #hangUp(socket: Socket): void {
    if (this.#client?.socket !== socket) return;
    this.#client = undefined;
    const { dtr, rts } = this.#lines;
    if (dtr || rts) this.setLines({ dtr: false, rts: false });
  }
}

function listen(server: Server, port: number, bind: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (cause: NodeJS.ErrnoException) => reject(listenFailure(cause, port, bind)));
    server.listen(port, bind, resolve);
  });
}

function listenFailure(cause: NodeJS.ErrnoException, port: number, bind: string): InfraError {
  const details = { port, bind, cause };
  if (cause.code === 'EADDRINUSE')
    return new InfraError(
      'port-in-use',
      `${bind}:${port}: in use; choose another port, or 0 for any`,
      details,
    );
  return new InfraError('cannot-listen', `${bind}:${port}: cannot listen: ${cause.message}`, details);
}
