import {
  type LoaderAnswer,
  type LoaderDialect,
  type LoaderEnd,
  type PacketExchange,
  parseCommand,
} from './protocol.js';
import { stubGreeting } from './ram-download.js';
import { LoaderRegisters } from './registers.js';
import { RomDialect } from './rom.js';
import { SlipDecoder, slipEncode } from './slip.js';
import type { LoaderState, RomLoaderDeps } from './state.js';
import { StubDialect } from './stub.js';

/** The largest packet: a 16 KB block of the stub with its headers, and some room. */
const maxPacketBytes = 0x4000 + 64;

/**
 * The ESP32's serial loader, and the flasher stub once a host has loaded and started one: a push parser over what the
 * host sends. Make a new one at each reset into download mode. Protocol: esptool "Serial Protocol".
 */
export class RomLoader {
  readonly #state: LoaderState;
  readonly #slip = new SlipDecoder(maxPacketBytes);
  #dialect: LoaderDialect;
  #exchange: PacketExchange | undefined;

  constructor(deps: RomLoaderDeps) {
    const registers = new LoaderRegisters(deps.chip, deps.flash);
    this.#state = {
      flash: deps.flash,
      chip: deps.chip,
      registers,
      send: (bytes) => deps.send(bytes),
      sendPacket: (packet) => deps.send(slipEncode(packet)),
      advanceUs: (us) => deps.advanceUs(us),
      setBaud: (rate) => {
        registers.baudRate = rate;
        deps.setBaud(rate);
      },
    };
    this.#dialect = new RomDialect(this.#state);
  }

  /**
   * Takes bytes from the UART in pieces of any size. Anything but `continue`: the host asked to leave the loader; the
   * rest of `bytes` is lost, and this loader is done.
   */
  receive(bytes: Uint8Array): 'continue' | LoaderEnd {
    for (const packet of this.#slip.push(bytes)) {
      const next = this.#exchange ? this.#continueExchange(packet) : this.#obey(packet);
      if (next !== 'continue') return next;
    }
    return 'continue';
  }

  #obey(packet: Uint8Array): 'continue' | LoaderEnd {
    const command = parseCommand(packet);
    if (!command) return 'continue';
    const { packets, answer } = this.#dialect.answer(command);
    // In one piece: a flasher that throws away its input after the first of several must have them all.
    this.#state.send(new Uint8Array(Buffer.concat(packets.map(slipEncode))));
    answer.afterwards?.();
    return this.#goOn(answer);
  }

  #goOn({ next, exchange }: LoaderAnswer): 'continue' | LoaderEnd {
    this.#exchange = exchange?.begin() === true ? exchange : undefined;
    if (next === undefined) return 'continue';
    if (next !== 'stub') return next;
    this.#dialect = new StubDialect(this.#state);
    this.#state.sendPacket(stubGreeting);
    return 'continue';
  }

  #continueExchange(packet: Uint8Array): 'continue' {
    if (this.#exchange?.take(packet) === false) this.#exchange = undefined;
    return 'continue';
  }
}
