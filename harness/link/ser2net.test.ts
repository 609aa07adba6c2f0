import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { BindingInterface } from '@serialport/bindings-cpp';
import { readEnvironment } from '../config/environment.js';
import { describeLinkContract } from './link-contract.js';
import { servePty } from './pty.js';
import { rfc2217Binding } from './rfc2217-binding.js';
import { CableEnd } from './testing/cable-end.js';
import { freePort } from './testing/free-port.js';
import { startSer2net } from './testing/ser2net.js';
import { describeWithSer2net } from './testing/ser2net-tier.js';

const { requiredTools } = readEnvironment();

describeWithSer2net('ser2net', requiredTools, () => {
  describeLinkContract(
    'rfc2217, by a real ser2net before a pty',
    async () => {
      const folder = await mkdtemp(join(tmpdir(), 'tokenrack-ser2net-'));
      const end = new CableEnd('ser2net');
      const pty = await servePty(end, join(folder, 'tty'));
      const server = await startSer2net(pty.path, folder);
      return {
        binding: rfc2217Binding as unknown as BindingInterface,
        path: `${server.url}?ign_set_control`,
        missingPath: `rfc2217://127.0.0.1:${await freePort()}`,
        opened: () => pty.until('open'),
        send: (text) => end.send(text),
        heard: () => end.heard,
        baudRate: () => end.baudRate,
        lines: () => end.lines,
        unplug: () => void server.close(),
        close: async () => {
          await server.close();
          await pty.close();
          await rm(folder, { recursive: true });
        },
      };
    },
    {
      list: 'a network does not say what is there',
      lines: 'a pty has no modem lines',
      'lines at once': 'a pty has no modem lines',
      rate: 'a pty does not tell its rate',
      drain: 'ser2net answers when it has the bytes, not when its device took them',
    },
  );
});
