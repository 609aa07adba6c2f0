import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import { expect } from 'chai';
import type { FolderStore } from '../blobs/folder-store.js';
import { openJobQueue } from './job-queue.js';

describe('opening the queue', () => {
  it('leaves no connection behind when it is interrupted while Redis is asked how it is set up', async () => {
    const stop = new AbortController();
    const server = createServer((socket) => answerUntilConfig(socket, () => stop.abort(new Error('enough'))));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as { port: number };
    const connected = once(server, 'connection') as Promise<[Socket]>;
    const near = {} as FolderStore;
    const options = { version: '9.9.9', signal: stop.signal, onEvent: () => {}, near };
    const opening = openJobQueue(`redis://127.0.0.1:${port}`, options).catch((error: Error) => error.message);
    const [socket] = await connected;
    const closed = once(socket, 'close');
    try {
      expect(await opening).to.equal('enough');
      await closed;
    } finally {
      server.close();
      socket.destroy();
    }
  });
});

/** Speaks as much of Redis' protocol as a client needs to find it ready, and then says nothing more. */
function answerUntilConfig(socket: Socket, onConfig: () => void): void {
  const info = 'redis_version:7.0.0\r\nloading:0\r\n';
  socket.setEncoding('latin1').on('data', (text) => {
    for (const command of String(text).split(/^(?=\*\d+\r$)/m)) {
      if (/\r\nconfig\r\n/i.test(command)) onConfig();
      else if (/\r\ninfo\r\n/i.test(command)) socket.write(`$${info.length}\r\n${info}\r\n`);
      else socket.write('+OK\r\n');
    }
  });
}
