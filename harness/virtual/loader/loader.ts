import { type LoaderDialect, parseCommand } from './protocol.js';
import { LoaderRegisters } from './registers.js';
import { RomDialect } from './rom.js';
import { SlipDecoder, slipEncode } from './slip.js';
import type { LoaderState, RomLoaderDeps } from './state.js';
import { StubDialect } from './stub.js';

/** The largest packet: a 16 KB block of the stub with its headers, and some room. */
const maxPacketBytes = 0x4000 + 64;
const ohai = Uint8Array.from('OHAI', (letter) => letter.charCodeAt(0));

/**
 * The ESP32's serial loader, and the flasher stub once a host has loaded and started one: a push parser over what the
 * host sends. Make a new one at each reset into download mode. Protocol: esptool "Serial Protocol".
 */
export class RomLoader {
  readonly #state: LoaderState;
  readonly #slip = new SlipDecoder(maxPacketBytes);
  #dialect: LoaderDialect;

  constructor(deps: RomLoaderDeps) {
    const registers = new LoaderRegisters(deps.chip, deps.flash);
    this.#state = {
      flash: deps.flash,
      chip: deps.chip,
      registers,
      send: (bytes) => deps.send(bytes),
      advanceUs: (us) => deps.advanceUs(us),
      setBaud: (rate) => {
        registers.baudRate = rate;
        deps.setBaud(rate);
      },
    };
    this.#dialect = new RomDialect(this.#state);
  }

  /**
   * Takes bytes from the UART in pieces of any size. `reboot`: the host asked to run what is flashed; the rest of
   * `bytes` is lost, and this loader is done.
   */
  receive(bytes: Uint8Array): 'continue' | 'reboot' {
    for (const packet of this.#slip.push(bytes)) {
      const command = parseCommand(packet);
      if (!command) continue;
      const { packets, answer } = this.#dialect.answer(command);
      for (const reply of packets) this.#state.send(slipEncode(reply));
      answer.afterwards?.();
      if (answer.next === 'reboot') return 'reboot';
      if (answer.next === 'stub') this.#startStub();
    }
    return 'continue';
  }

  #startStub(): void {
    this.#dialect = new StubDialect(this.#state);
    this.#state.send(slipEncode(ohai));
  }
}
