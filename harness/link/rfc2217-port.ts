import { once } from 'node:events';
import type { Socket } from 'node:net';
import type {
  BindingPortInterface,
  OpenOptions,
  PortStatus,
  SetOptions,
  UpdateOptions,
} from '@serialport/bindings-cpp';
import { InfraError } from '../errors.js';
import type { ModemLines } from '../virtual/reset-pins.js';
import { ArrivalQueue, CanceledError, type ReadResult } from './arrival-queue.js';
import { comPort, control, eightNoneOne, purge, rateBytes, rateOf } from './com-port.js';
import { type After, ComPortClient } from './com-port-client.js';
import { connectTo, defaultAnswerMs, systemAfter } from './rfc2217-connect.js';
import { hungUp, linkLost, refusedByServer, unconfirmed } from './rfc2217-failure.js';
import { parseRfc2217Path } from './rfc2217-url.js';

export interface Rfc2217OpenOptions extends OpenOptions {
  /** The modem lines from opening on. Default: both asserted, as Linux does; on this board that is a reset. */
  readonly initialLines?: ModemLines;
  /** How long the server may take to connect, and for each answer. Default 3000. */
  readonly answerTimeoutMs?: number;
  readonly after?: After;
}

/** How long a server may take to speak before it is spoken to. */
const greetingMs = 100;
/** How long it may pause in what it says: options first, and then perhaps that it is in use. */
const pauseMs = 30;
/** A server that is not done with its last client yet hangs up on the next: it is called once more after so long. */
const callAgainMs = 200;

const bothAsserted: ModemLines = { dtr: true, rts: true };
const bothReleased: ModemLines = { dtr: false, rts: false };

/** A serial port behind an RFC 2217 server. Made by {@link openRfc2217Port}. */
export class Rfc2217Port implements BindingPortInterface {
  readonly openOptions: Required<OpenOptions>;
  readonly #socket: Socket;
  readonly #options: Rfc2217OpenOptions;
  readonly #client: ComPortClient;
  readonly #arrivals = new ArrivalQueue();
  readonly #ignoreControlAnswers: boolean;
  #said = '';
  /** What came before we asked for anything; undefined from then on. */
  #greetings: Buffer[] | undefined = [];
  #agreed = false;
  #started = false;
  #open = true;
  #lost = false;
  #baudRate: number;

  constructor(socket: Socket, options: Rfc2217OpenOptions) {
    const { initialLines, answerTimeoutMs = defaultAnswerMs, after = systemAfter, ...open } = options;
    const defaults = { dataBits: 8, lock: true, stopBits: 1, parity: 'none', hupcl: true } as const;
    const noFlowControl = { rtscts: false, xon: false, xoff: false, xany: false };
    this.openOptions = { ...defaults, ...noFlowControl, ...open };
    this.#socket = socket;
    this.#options = options;
    this.#baudRate = options.baudRate;
    const { path } = options;
    this.#ignoreControlAnswers = parseRfc2217Path(path).ignoreControlAnswers;
    this.#client = new ComPortClient({
      path,
      answerTimeoutMs,
      after,
      send: (bytes) => void socket.write(bytes),
      onData: (bytes) => this.#hear(bytes),
    });
    socket.on('data', (bytes: Buffer) => this.#receive(bytes));
    socket.on('error', (error) => this.#lose(error));
    socket.on('close', () => this.#lose());
  }

  get isOpen(): boolean {
    return this.#open;
  }

  /** The host's monotonic time at which the last byte of the latest read arrived. */
  get arrivalUs(): number {
    return this.#arrivals.latestUs;
  }

  /** Agrees with the server on everything. @throws InfraError */
  async start(): Promise<void> {
    const { baudRate, initialLines = bothAsserted } = this.#options;
    await this.#greeting();
    const agreed = this.#client.agree();
    this.#hearGreeting();
    await agreed;
    this.#agreed = true;
    await this.#set('8 data bits', comPort.setDataSize, eightNoneOne.dataSize);
    await this.#set('no parity', comPort.setParity, eightNoneOne.parity);
    await this.#set('1 stop bit', comPort.setStopSize, eightNoneOne.stopSize);
    await this.#control('no flow control', control.noFlow);
    await this.update({ baudRate });
    await this.#setLines(initialLines);
    this.#started = true;
  }

  /**
   * Servers speak first. One that is in use says so and hangs up, and what it had not read of ours by then would make the
   * system throw its words away.
   */
  #greeting(): Promise<void> {
    const { after = systemAfter } = this.#options;
    return new Promise((resolve) => {
      const over = (): void => {
        cancel();
        this.#socket.off('data', goOn).off('close', over);
        resolve();
      };
      const goOn = (): void => {
        cancel();
        cancel = after(pauseMs, over);
      };
      let cancel = after(greetingMs, over);
      this.#socket.on('data', goOn).on('close', over);
    });
  }

  async close(): Promise<void> {
    this.#checkOpen();
    this.#open = false;
    this.#arrivals.cancel();
    if (this.#lost) return;
    // As the kernel hangs up: the board that was held in reset starts.
    if (this.openOptions.hupcl && this.#agreed) this.#hangUp();
    await this.#end();
  }

  async read(buffer: Buffer, offset: number, length: number): Promise<ReadResult> {
    if (!this.#open) throw new CanceledError('Port is not open');
    return this.#arrivals.read(buffer, offset, length);
  }

  /** Resolves when this machine's network has the bytes. */
  async write(buffer: Buffer): Promise<void> {
    this.#checkOpen();
    await this.#client.write(
      buffer,
      (bytes) =>
        new Promise((resolve, reject) => {
          this.#socket.write(bytes, (error) =>
            error ? reject(linkLost(this.#options.path, error)) : resolve(),
          );
        }),
    );
  }

  async update(options: UpdateOptions): Promise<void> {
    this.#checkOpen();
    const { baudRate } = options;
    if (typeof baudRate !== 'number') throw new TypeError('"options.baudRate" is not a number');
    const answer = await this.#client.ask(comPort.setBaudRate, rateBytes(baudRate), `${baudRate} baud`);
    if (rateOf(answer) !== baudRate) throw refusedByServer(this.#options.path, `${baudRate} baud`);
    this.#baudRate = baudRate;
  }

  /** Every flag is set on each call: one that is left out is released. (serialport's stream fills in `true`.) */
  async set(options: SetOptions): Promise<void> {
    this.#checkOpen();
    await this.#setLines({ dtr: options.dtr === true, rts: options.rts === true });
  }

  async get(): Promise<PortStatus> {
    this.#checkOpen();
    return this.#client.modem;
  }

  async getBaudRate(): Promise<{ baudRate: number }> {
    this.#checkOpen();
    return { baudRate: this.#baudRate };
  }

  /** What the server calls itself; undefined when it does not say. */
  async signature(): Promise<string | undefined> {
    this.#checkOpen();
    const answer = this.#client.ask(comPort.signature, new Uint8Array(), 'a question for its name');
    return answer.then(
      (text) => Buffer.from(text).toString('latin1') || undefined,
      () => undefined,
    );
  }

  /** Discards what came and was not read, here and at the server. */
  async flush(): Promise<void> {
    this.#checkOpen();
    await this.#client.ask(comPort.purgeData, Uint8Array.of(purge.both), 'a purge', () =>
      this.#arrivals.clear(),
    );
  }

  /** Resolves when the server has taken all that was written: it answers in order. */
  async drain(): Promise<void> {
    this.#checkOpen();
    await this.#client.ask(comPort.setBaudRate, rateBytes(0), 'a question for its rate');
  }

  /**
   * RFC 2217 has a command per line. DTR goes first: then EN never rises while DTR still has its old level, which
   * would select the wrong boot mode.
   */
  async #setLines({ dtr, rts }: ModemLines): Promise<void> {
    await this.#control(`DTR ${onOff(dtr)}`, dtr ? control.dtrOn : control.dtrOff);
    await this.#control(`RTS ${onOff(rts)}`, rts ? control.rtsOn : control.rtsOff);
  }

  async #control(what: string, value: number): Promise<void> {
    if (this.#ignoreControlAnswers) this.#client.tell(comPort.setControl, Uint8Array.of(value));
    else
      await this.#set(what, comPort.setControl, value).catch((error: unknown) => {
        throw unconfirmed(error);
      });
  }

  async #set(what: string, command: Parameters<ComPortClient['ask']>[0], value: number): Promise<void> {
    const [answer] = await this.#client.ask(command, Uint8Array.of(value), what);
    if (answer !== value) throw refusedByServer(this.#options.path, what);
  }

  #hangUp(): void {
    const { dtr, rts } = bothReleased;
    this.#client.tell(comPort.setControl, Uint8Array.of(dtr ? control.dtrOn : control.dtrOff));
    this.#client.tell(comPort.setControl, Uint8Array.of(rts ? control.rtsOn : control.rtsOff));
  }

  /** Waits until the server hung up too, so that the next client finds it free. */
  async #end(): Promise<void> {
    const { after = systemAfter, answerTimeoutMs = defaultAnswerMs } = this.#options;
    const cancel = after(answerTimeoutMs, () => this.#socket.destroy());
    this.#socket.end();
    // Unread data would keep the other side's end from arriving.
    this.#socket.resume();
    if (!this.#socket.closed) await once(this.#socket, 'close');
    cancel();
  }

  #checkOpen(): void {
    if (!this.#open) throw new Error('Port is not open');
  }

  #receive(bytes: Buffer): void {
    if (this.#greetings !== undefined) this.#greetings.push(bytes);
    else this.#client.receive(bytes);
  }

  #hearGreeting(): void {
    const greetings = this.#greetings ?? [];
    this.#greetings = undefined;
    for (const bytes of greetings) this.#client.receive(bytes);
  }

  #hear(bytes: Uint8Array): void {
    if (this.#agreed) this.#arrivals.push(bytes, performance.now() * 1000);
    else this.#said = (this.#said + Buffer.from(bytes).toString('latin1')).slice(0, 200);
  }

  #lose(cause?: Error): void {
    if (this.#lost) return;
    this.#lost = true;
    this.#hearGreeting();
    const { path } = this.#options;
    // Some agree before they say that they are in use.
    const refused = !this.#agreed || (!this.#started && this.#said !== '');
    const failure = refused ? hungUp(path, this.#said) : linkLost(path, cause);
    this.#client.end(failure);
    this.#arrivals.end(failure);
  }
}

function onOff(on: boolean): string {
  return on ? 'on' : 'off';
}

/** Connects to `rfc2217://HOST:PORT`. @throws InfraError, ConfigError for a path that is none */
export async function openRfc2217Port(options: Rfc2217OpenOptions): Promise<Rfc2217Port> {
  try {
    return await openOnce(options);
  } catch (error) {
    if (!(error instanceof InfraError && error.code === 'link-lost')) throw error;
    await new Promise<void>((resolve) => void (options.after ?? systemAfter)(callAgainMs, resolve));
    return await openOnce(options);
  }
}

async function openOnce(options: Rfc2217OpenOptions): Promise<Rfc2217Port> {
  const socket = await connectTo(options);
  const port = new Rfc2217Port(socket, options);
  try {
    await port.start();
    return port;
  } catch (error) {
    socket.destroy();
    throw error;
  }
}
