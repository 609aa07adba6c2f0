import type { BindingInterface } from '@serialport/bindings-cpp';
import { openRfc2217Port, type Rfc2217OpenOptions, type Rfc2217Port } from './rfc2217-port.js';

/** serialport's binding for `rfc2217://HOST:PORT`. A network does not say what is there: the list is empty. */
export const rfc2217Binding: BindingInterface<Rfc2217Port, Rfc2217OpenOptions> = {
  list: async () => [],

  async open(options: Rfc2217OpenOptions): Promise<Rfc2217Port> {
    if (!options.path) throw new TypeError('"path" is not a valid port');
    if (!options.baudRate) throw new TypeError('"baudRate" is not a valid baudRate');
    return openRfc2217Port(options);
  },
};
