import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { lstatSync, mkdirSync, renameSync, rmSync, symlinkSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Readable, Writable } from 'node:stream';
import { ConfigError, InfraError } from '../errors.js';
import { anyBaud } from '../virtual/wire.js';
import type { PluggedBoard } from './virtual-ports.js';

/** A board behind a pty. */
export interface ServedPty extends AsyncDisposable {
  /** What a serial program opens: a link to the pty of the moment. */
  readonly path: string;
  /** Resolves when the path is there for the next program (`waiting`), or when a program has it open (`open`). */
  until(state: 'waiting' | 'open'): Promise<void>;
  /** Ends the pty; the board itself lives on. Again: nothing. */
  close(): Promise<void>;
}

type Socat = ChildProcessByStdio<Writable, Readable, Readable>;

/** What a program that does not read may cost; the rest is lost, as at a serial port. */
const longestBacklogBytes = 16 << 20;

/**
 * Serves a board as a pty at `path`, which any serial program can open, one after the other. A pty carries bytes only:
 * it has neither modem lines nor a rate, so the board hears every byte right whatever rate either side has set.
 * @throws InfraError `no-pty` where the system has none, or no `socat` to make one; ConfigError `path-taken`
 */
export async function servePty(board: PluggedBoard, path: string): Promise<ServedPty> {
  if (process.platform === 'win32')
    throw new InfraError('no-pty', 'this system has no ptys: use --rfc2217 PORT');
  prepareLink(path);
  board.setBaud(anyBaud);
  const pty = new PtyServer(board, path);
  try {
    await pty.ready;
  } catch (error) {
    await pty.close();
    throw error;
  }
  const close = (): Promise<void> => pty.close();
  return { path, until: (state) => pty.until(state), close, [Symbol.asyncDispose]: close };
}

/** Runs one socat after the other: each lives as long as one program has its pty open. */
class PtyServer {
  readonly ready: Promise<void>;
  readonly #board: PluggedBoard;
  readonly #path: string;
  readonly #endListening: () => void;
  #socat: Socat | undefined;
  #state: 'starting' | 'waiting' | 'open' = 'starting';
  #changed: (() => void)[] = [];
  #closed: Promise<void> | undefined;

  constructor(board: PluggedBoard, path: string) {
    this.#board = board;
    this.#path = path;
    this.#endListening = board.onBytes((bytes) => this.#hear(bytes));
    this.ready = this.#run();
  }

  async until(state: 'waiting' | 'open'): Promise<void> {
    while (this.#state !== state) await new Promise<void>((resolve) => this.#changed.push(resolve));
  }

  close(): Promise<void> {
    this.#closed ??= this.#end();
    return this.#closed;
  }

  async #end(): Promise<void> {
    this.#endListening();
    const socat = this.#socat;
    if (socat === undefined || socat.exitCode !== null || socat.signalCode !== null) return;
    const exited = new Promise<void>((resolve) => socat.once('exit', () => resolve()));
    if (socat.kill()) await exited;
  }

  /** Resolves when the pty is there. */
  #run(): Promise<void> {
    const socat = spawn('socat', socatArguments, { stdio: ['pipe', 'pipe', 'pipe'] });
    this.#socat = socat;
    socat.stdin.on('error', () => {});
    socat.stdout.on('data', (bytes: Buffer) => this.#board.write(bytes));
    return new Promise((resolve, reject) => {
      let said = '';
      socat.stderr.setEncoding('utf8').on('data', (text: string) => {
        said = (said + text).slice(-4000);
        const pty = /PTY is (\S+)\n/.exec(said)?.[1];
        if (this.#state === 'starting' && pty !== undefined) this.#offer(pty);
        if (this.#state === 'waiting' && said.includes('starting data transfer loop')) this.#become('open');
        if (this.#state !== 'starting') resolve();
      });
      socat.once('error', (error: NodeJS.ErrnoException) => {
        this.#socat = undefined;
        reject(cannotRun(error));
      });
      socat.once('exit', () => {
        reject(new InfraError('no-pty', `${this.#path}: socat could not make it: ${lastLine(said)}`));
        this.#restart();
      });
    });
  }

  #offer(pty: string): void {
    symlinkSync(pty, `${this.#path}.new`);
    renameSync(`${this.#path}.new`, this.#path);
    this.#become('waiting');
  }

  #become(state: 'starting' | 'waiting' | 'open'): void {
    this.#state = state;
    for (const resolve of this.#changed.splice(0)) resolve();
  }

  #restart(): void {
    const served = this.#state === 'open';
    // The system gives the pty's name to the next that asks: it may not stay linked.
    rmSync(this.#path, { force: true });
    this.#become('starting');
    if (this.#closed === undefined && served) this.#run().catch(() => {});
  }

  #hear(bytes: Uint8Array): void {
    const stdin = this.#socat?.stdin;
    // Without a program at the other end, bytes are lost, as at a port that nobody opened.
    if (this.#state === 'open' && stdin !== undefined && stdin.writableLength < longestBacklogBytes)
      stdin.write(bytes);
  }
}

/** The pty waits for a program, and ends with it. */
const socatArguments = ['-d', '-d', '-t', '0.05', 'pty,raw,echo=0,wait-slave,pty-interval=0.02', 'stdio'];

/** Makes room for the link; a link that a killed run left behind may go. */
function prepareLink(path: string): void {
  mkdirSync(dirname(path), { recursive: true });
  const there = lstatSync(path, { throwIfNoEntry: false });
  if (there !== undefined && !there.isSymbolicLink())
    throw new ConfigError('path-taken', `${path}: there is a file already: name another path for the pty`, {
      path,
    });
  for (const old of [path, `${path}.new`]) rmSync(old, { force: true });
}

function cannotRun(cause: NodeJS.ErrnoException): InfraError {
  const why = cause.code === 'ENOENT' ? 'it is not on PATH' : cause.message;
  const message = `a pty needs socat, and ${why}: install it (apt install socat, brew install socat), or use --rfc2217 PORT`;
  return new InfraError('no-pty', message, { cause });
}

function lastLine(text: string): string {
  return text.trim().split('\n').at(-1) ?? '';
}
