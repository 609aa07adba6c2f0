import type { BindingInterface } from '@serialport/bindings-cpp';
import { describeLinkContract } from './link-contract.js';
import { rfc2217Binding } from './rfc2217-binding.js';
import { serveRfc2217 } from './rfc2217-server.js';
import { CableEnd } from './testing/cable-end.js';
import { freePort } from './testing/free-port.js';

describeLinkContract(
  'rfc2217',
  async () => {
    const end = new CableEnd('contract');
    const server = await serveRfc2217(end, { port: 0 });
    return {
      binding: rfc2217Binding as unknown as BindingInterface,
      path: server.url,
      missingPath: `rfc2217://127.0.0.1:${await freePort()}`,
      send: (text) => end.send(text),
      heard: () => end.heard,
      baudRate: () => end.baudRate,
      lines: () => end.lines,
      unplug: () => end.fail(),
      close: () => server.close(),
    };
  },
  { list: 'a network does not say what is there', 'lines at once': 'RFC 2217 has a command per line' },
);
