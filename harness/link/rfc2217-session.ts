import type { ModemLines } from '../virtual/reset-pins.js';
import {
  type ComPortCommand,
  comPort,
  control,
  eightNoneOne,
  lineState,
  purge,
  rateBytes,
  rateOf,
  serverFrame,
} from './com-port.js';
import { escapeIac, TelnetParser, type TelnetRecord, telnetOption } from './telnet.js';
import { TelnetOptions } from './telnet-options.js';

/** The serial adapter that a server serves. Rate and lines stay as they are from one client to the next. */
export interface ServedAdapter {
  readonly lines: ModemLines;
  readonly baudRate: number;
  setLines(lines: ModemLines): void;
  setBaud(baudRate: number): void;
  write(bytes: Uint8Array): void;
}

export interface SessionWire {
  send(bytes: Uint8Array): void;
  /** Bytes that were sent and have not left this machine. */
  backlogBytes(): number;
}

/** What our server calls itself: whoever asks knows that the board's times are modelled. */
export const virtualSignature = 'tokenrack virtual ESP32-CAM';

type Answer = (value: Uint8Array) => Uint8Array | undefined;

/** No adapter for this board runs outside of these. */
const slowestBaud = 50;
const fastestBaud = 5_000_000;

/** A client that reads nothing may cost this much memory; what comes beyond it is lost, and the client is told. */
const longestBacklogBytes = 16 << 20;

const idleLine = lineState.holdingEmpty | lineState.shiftEmpty;

/** No line of the board's adapter reaches the host: CTS, DSR, RI and CD are off for ever. */
const quietModem = 0;

/**
 * One client's conversation with a serial server (RFC 2217). Commands take effect in the order of the bytes around
 * them. What the wire cannot do (another character format, flow control, break) is answered by how it stands.
 */
export class Rfc2217Session {
  readonly #adapter: ServedAdapter;
  readonly #wire: SessionWire;
  readonly #parser = new TelnetParser();
  readonly #options: TelnetOptions;
  readonly #answers: Partial<Record<number, Answer>>;
  #suspended = false;
  #held: Uint8Array[] = [];
  #heldBytes = 0;
  #lineMask = 0;
  #modemMask = 0xff;
  #agreed = false;

  constructor(adapter: ServedAdapter, wire: SessionWire) {
    this.#adapter = adapter;
    this.#wire = wire;
    const { binary, comPort: serial, suppressGoAhead } = telnetOption;
    this.#options = new TelnetOptions([binary, suppressGoAhead, serial], (bytes) => wire.send(bytes));
    this.#answers = this.#makeAnswers();
  }

  start(): void {
    this.#options.ask();
  }

  /** Bytes from the client. */
  receive(chunk: Uint8Array): void {
    for (const record of this.#parser.push(chunk)) this.#take(record);
  }

  /** Bytes from the board. */
  hear(bytes: Uint8Array): void {
    if (this.#wire.backlogBytes() + this.#heldBytes + bytes.length > longestBacklogBytes) {
      this.#notifyLine(idleLine | lineState.overrun);
    } else if (this.#suspended) {
      this.#held.push(bytes);
      this.#heldBytes += bytes.length;
    } else this.#wire.send(escapeIac(bytes));
  }

  #take(record: TelnetRecord): void {
    if (record.kind === 'data') this.#adapter.write(record.bytes);
    else if (record.kind === 'negotiation') {
      this.#options.receive(record.verb, record.option);
      this.#greet();
    } else if (record.kind === 'subnegotiation' && record.option === telnetOption.comPort)
      this.#command(record.body);
  }

  /** Clients wait for a first state of the modem lines. */
  #greet(): void {
    if (this.#agreed || this.#options.state('them', telnetOption.comPort) !== 'on') return;
    this.#agreed = true;
    this.#answer(comPort.notifyModemState, Uint8Array.of(quietModem));
  }

  #command(body: Uint8Array): void {
    const [command = -1] = body;
    const value = this.#answers[command]?.(body.subarray(1));
    if (value !== undefined) this.#answer(command as ComPortCommand, value);
    if (command === comPort.setLineStateMask) this.#notifyLine(idleLine);
    if (command === comPort.setModemStateMask && this.#modemMask !== 0)
      this.#answer(comPort.notifyModemState, Uint8Array.of(quietModem & this.#modemMask));
  }

  #makeAnswers(): Partial<Record<number, Answer>> {
    const { dataSize, parity, stopSize } = eightNoneOne;
    const fixed = (value: number) => () => Uint8Array.of(value);
    return {
      [comPort.signature]: (text) => (text.length > 0 ? undefined : this.#signature()),
      [comPort.setBaudRate]: (value) => this.#setBaud(value),
      [comPort.setDataSize]: fixed(dataSize),
      [comPort.setParity]: fixed(parity),
      [comPort.setStopSize]: fixed(stopSize),
      [comPort.setControl]: ([value]) => this.#control(value),
      [comPort.notifyLineState]: fixed(idleLine),
      [comPort.notifyModemState]: fixed(quietModem),
      [comPort.suspend]: () => this.#suspend(),
      [comPort.resume]: () => this.#resume(),
      [comPort.setLineStateMask]: ([mask = 0]) => {
        this.#lineMask = mask;
        return Uint8Array.of(mask);
      },
      [comPort.setModemStateMask]: ([mask = 0]) => {
        this.#modemMask = mask;
        return Uint8Array.of(mask);
      },
      [comPort.purgeData]: (value) => this.#purge(value),
    };
  }

  #signature(): Uint8Array {
    return Buffer.from(virtualSignature, 'latin1');
  }

  #setBaud(value: Uint8Array): Uint8Array {
    const baudRate = rateOf(value) ?? 0;
    if (baudRate >= slowestBaud && baudRate <= fastestBaud) this.#adapter.setBaud(baudRate);
    return rateBytes(this.#adapter.baudRate);
  }

  #control(value: number | undefined): Uint8Array | undefined {
    const { dtr, rts } = this.#adapter.lines;
    if (value === control.dtrOn || value === control.dtrOff)
      this.#adapter.setLines({ dtr: value === control.dtrOn, rts });
    else if (value === control.rtsOn || value === control.rtsOff)
      this.#adapter.setLines({ dtr, rts: value === control.rtsOn });
    const state = value === undefined ? undefined : this.#controlState(value);
    return state === undefined ? undefined : Uint8Array.of(state);
  }

  /** How the thing stands that a value of SET-CONTROL is about. */
  #controlState(value: number): number | undefined {
    const { dtr, rts } = this.#adapter.lines;
    if (value < control.askBreak || (value >= 17 && value <= 19)) return control.noFlow;
    if (value < control.askDtr) return control.breakOff;
    if (value < control.askRts) return dtr ? control.dtrOn : control.dtrOff;
    if (value < control.askInboundFlow) return rts ? control.rtsOn : control.rtsOff;
    return value <= 16 ? control.noInboundFlow : undefined;
  }

  #suspend(): undefined {
    this.#suspended = true;
  }

  #resume(): undefined {
    this.#suspended = false;
    const held = this.#held;
    this.#dropHeld();
    for (const bytes of held) this.#wire.send(escapeIac(bytes));
  }

  /** What the client sent is with the board already; what the board sent may wait here. */
  #purge(value: Uint8Array): Uint8Array {
    if (value[0] === purge.received || value[0] === purge.both) this.#dropHeld();
    return value;
  }

  #dropHeld(): void {
    this.#held = [];
    this.#heldBytes = 0;
  }

  #notifyLine(state: number): void {
    if ((state & this.#lineMask) !== 0)
      this.#answer(comPort.notifyLineState, Uint8Array.of(state & this.#lineMask));
  }

  #answer(command: ComPortCommand, value: Uint8Array): void {
    this.#wire.send(serverFrame(command, value));
  }
}
