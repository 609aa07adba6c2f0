import { type ComPortCommand, clientFrame, comPort, control, modemState, serverOffset } from './com-port.js';
import { noAnswer, notSerialServer } from './rfc2217-failure.js';
import { escapeIac, TelnetParser, type TelnetRecord, telnetOption } from './telnet.js';
import { TelnetOptions } from './telnet-options.js';

/** Calls `act` once after `delayMs`, unless what it returns is called before. */
export type After = (delayMs: number, act: () => void) => () => void;

export interface ClientDeps {
  readonly path: string;
  /** How long the server may take for each answer. */
  readonly answerTimeoutMs: number;
  readonly after: After;
  send(bytes: Uint8Array): void;
  /** Bytes of the serial line. */
  onData(bytes: Uint8Array): void;
}

interface Question {
  readonly command: ComPortCommand;
  fits(value: Uint8Array): boolean;
  settle(value: Uint8Array): void;
  fail(error: Error): void;
}

/** The client's half of RFC 2217: questions and their answers, over any byte stream. */
export class ComPortClient {
  readonly #deps: ClientDeps;
  readonly #parser = new TelnetParser();
  readonly #options: TelnetOptions;
  readonly #questions = new Set<Question>();
  #agreement: { settle(): void; fail(error: Error): void } | undefined;
  #ended: Error | undefined;
  #modem = 0;
  #resumed: { readonly promise: Promise<void>; settle(): void } | undefined;

  constructor(deps: ClientDeps) {
    this.#deps = deps;
    const { binary, comPort: serial, suppressGoAhead } = telnetOption;
    this.#options = new TelnetOptions([binary, suppressGoAhead, serial], (bytes) => deps.send(bytes));
  }

  /** CTS, DSR and DCD, as the server last told. */
  get modem(): { readonly cts: boolean; readonly dsr: boolean; readonly dcd: boolean } {
    const has = (bit: number) => (this.#modem & bit) !== 0;
    return { cts: has(modemState.cts), dsr: has(modemState.dsr), dcd: has(modemState.carrier) };
  }

  /** Offers RFC 2217; resolves when the server agrees. @throws InfraError `not-rfc2217` */
  agree(): Promise<void> {
    const { after, answerTimeoutMs, path } = this.#deps;
    if (this.#ended !== undefined) return Promise.reject(this.#ended);
    return new Promise<void>((resolve, reject) => {
      const cancel = after(answerTimeoutMs, () => this.#agreement?.fail(notSerialServer(path)));
      const over = (act: () => void) => {
        cancel();
        this.#agreement = undefined;
        act();
      };
      this.#agreement = { settle: () => over(resolve), fail: (error) => over(() => reject(error)) };
      this.#options.ask();
    });
  }

  /**
   * Sends a command and resolves with the server's answer. `onAnswer` is called between the bytes that came before the
   * answer and those after it.
   * @throws InfraError `link-timeout`; what `end` was given
   */
  ask(
    command: ComPortCommand,
    value: Uint8Array,
    what: string,
    onAnswer: () => void = () => {},
  ): Promise<Uint8Array> {
    const { after, answerTimeoutMs, path } = this.#deps;
    if (this.#ended !== undefined) return Promise.reject(this.#ended);
    return new Promise((resolve, reject) => {
      const over = () => {
        cancel();
        this.#questions.delete(question);
      };
      const question: Question = {
        command,
        fits: (answer) => command !== comPort.setControl || isAbout(value[0], answer[0]),
        settle: (answer) => {
          over();
          onAnswer();
          resolve(answer);
        },
        fail: (error) => {
          over();
          reject(error);
        },
      };
      const cancel = after(answerTimeoutMs, () => question.fail(noAnswer(path, what, answerTimeoutMs)));
      this.#questions.add(question);
      this.tell(command, value);
    });
  }

  /** Sends a command without waiting for its answer. */
  tell(command: ComPortCommand, value: Uint8Array): void {
    this.#deps.send(clientFrame(command, value));
  }

  /** Sends bytes to the serial line, when the server does not ask for a pause. */
  async write(bytes: Uint8Array, send: (bytes: Uint8Array) => Promise<void>): Promise<void> {
    while (this.#resumed !== undefined) await this.#resumed.promise;
    if (this.#ended !== undefined) throw this.#ended;
    await send(escapeIac(bytes));
  }

  /** Bytes from the server. */
  receive(chunk: Uint8Array): void {
    for (const record of this.#parser.push(chunk)) this.#take(record);
  }

  /** Nothing comes any more: everything that waits fails. */
  end(reason: Error): void {
    this.#ended ??= reason;
    this.#agreement?.fail(reason);
    for (const question of [...this.#questions]) question.fail(reason);
    this.#resume();
  }

  #take(record: TelnetRecord): void {
    if (record.kind === 'data') this.#deps.onData(record.bytes);
    else if (record.kind === 'negotiation') {
      this.#options.receive(record.verb, record.option);
      this.#checkAgreement();
    } else if (record.kind === 'subnegotiation' && record.option === telnetOption.comPort)
      this.#hear(record.body);
  }

  /** It is the client that offers WILL; a server that agrees answers DO (RFC 2217, section 1). */
  #checkAgreement(): void {
    const serial = this.#options.state('us', telnetOption.comPort);
    if (serial === 'refused') this.#agreement?.fail(notSerialServer(this.#deps.path));
    const binary = this.#options.state('us', telnetOption.binary);
    if (serial === 'on' && (binary === 'on' || binary === 'refused')) this.#agreement?.settle();
  }

  #hear(body: Uint8Array): void {
    const [number = 0, first = 0] = body;
    const command = number - serverOffset;
    if (command === comPort.notifyModemState) this.#modem = first;
    else if (command === comPort.suspend) this.#suspend();
    else if (command === comPort.resume) this.#resume();
    const value = body.subarray(1);
    const asked = [...this.#questions].find((one) => one.command === command && one.fits(value));
    asked?.settle(value);
  }

  #suspend(): void {
    if (this.#resumed !== undefined) return;
    let settle = (): void => {};
    const promise = new Promise<void>((resolve) => {
      settle = resolve;
    });
    this.#resumed = { promise, settle };
  }

  #resume(): void {
    const resumed = this.#resumed;
    this.#resumed = undefined;
    resumed?.settle();
  }
}

/** Whether two values of SET-CONTROL are about the same thing. */
function isAbout(asked = -1, answered = -1): boolean {
  const starts = [control.askFlow, control.askBreak, control.askDtr, control.askRts, control.askInboundFlow];
  const group = (value: number) => starts.findLastIndex((start) => value >= start);
  return group(asked) === group(answered);
}
