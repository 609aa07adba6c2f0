import { negotiation, type TelnetVerb, telnet } from './telnet.js';

/** Which end has an option switched on. */
export type OptionSide = 'us' | 'them';

type OptionState = 'off' | 'asked' | 'on' | 'refused';

/**
 * The negotiation of Telnet options by one end. It answers only what changes something, so that two ends never answer
 * each other without end (RFC 854, "loops").
 */
export class TelnetOptions {
  readonly #wanted: readonly number[];
  readonly #send: (bytes: Uint8Array) => void;
  readonly #states = { us: new Map<number, OptionState>(), them: new Map<number, OptionState>() };

  /** `wanted` are the options that this end asks for, and agrees to, on both sides. */
  constructor(wanted: readonly number[], send: (bytes: Uint8Array) => void) {
    this.#wanted = wanted;
    this.#send = send;
  }

  /** Offers and asks for everything that is wanted. */
  ask(): void {
    for (const option of this.#wanted) {
      for (const side of ['us', 'them'] as const) {
        this.#states[side].set(option, 'asked');
        this.#send(negotiation(side === 'us' ? telnet.will : telnet.do, option));
      }
    }
  }

  state(side: OptionSide, option: number): OptionState {
    return this.#states[side].get(option) ?? 'off';
  }

  /** Takes what the other end said. */
  receive(verb: TelnetVerb, option: number): void {
    // WILL and WONT are about the sender of them, DO and DONT about us.
    const side = verb === telnet.will || verb === telnet.wont ? 'them' : 'us';
    if (verb === telnet.will || verb === telnet.do) this.#agree(side, option);
    else this.#refuse(side, option);
  }

  #agree(side: OptionSide, option: number): void {
    const before = this.state(side, option);
    if (before === 'on') return;
    const wanted = this.#wanted.includes(option);
    if (wanted) this.#states[side].set(option, 'on');
    if (before !== 'asked') this.#send(negotiation(this.#word(side, wanted), option));
  }

  #refuse(side: OptionSide, option: number): void {
    const before = this.state(side, option);
    this.#states[side].set(option, 'refused');
    if (before === 'on') this.#send(negotiation(this.#word(side, false), option));
  }

  #word(side: OptionSide, yes: boolean): TelnetVerb {
    if (side === 'us') return yes ? telnet.will : telnet.wont;
    return yes ? telnet.do : telnet.dont;
  }
}
