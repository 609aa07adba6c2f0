import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'chai';
import { type ServerCommand, ServerProcess } from './server-process.js';

/** Says `here` to everyone who connects. */
const SERVING = `
  console.log('begins');
  const server = require('net').createServer((socket) => socket.end('here'));
  server.listen(0, '127.0.0.1', () => console.log('ready at ' + server.address().port));`;
const FAILING = `console.log('begins'); console.log('there is no disk'); process.exit(3);`;

describe('a real server of the tests', () => {
  it('is there when its log says so, and starts again after it was killed', async () => {
    const killed: number[] = [];
    await using server = new ServerProcess((pid) => killed.push(pid));
    const first = await server.start(command(SERVING));
    const { pid } = server;
    expect(await answerAt(first!)).to.equal('here');
    expect(await server.start(command(SERVING)), 'while it runs').to.equal(undefined);
    await server.kill();
    await server.kill();
    expect([killed, server.pid]).to.deep.equal([[pid], undefined]);
    expect(await answerAt(first!)).to.equal('ECONNREFUSED');
    expect(await answerAt((await server.start(command(SERVING)))!)).to.equal('here');
  });

  it('answers nothing while it is stopped, and goes on afterwards', async () => {
    await using server = new ServerProcess();
    const ready = (await server.start(command(SERVING)))!;
    await server.stop();
    const answer = answerAt(ready);
    expect(await Promise.race([answer, sleep(200, 'silence')])).to.equal('silence');
    server.cont();
    expect(await answer).to.equal('here');
  });

  it('says with its log why it did not come up, whatever it said at an earlier start', async () => {
    await using server = new ServerProcess();
    await server.start(command(SERVING));
    await server.kill();
    const error = await server.start(command(FAILING)).catch((reason: Error) => reason);
    expect(error).to.be.instanceOf(Error);
    expect((error as Error).message).to.match(/ended with status 3; its log:\nbegins\nthere is no disk\n$/);
    expect(server.text).to.match(/^begins\nready at \d+\nbegins\nthere is no disk\n$/);
  });

  it('says that there is no such program', async () => {
    await using server = new ServerProcess();
    const missing = { ...command(SERVING), program: '/no/such/server' };
    const error = await server.start(missing).catch((reason: Error) => reason);
    expect(String(error)).to.include('/no/such/server').and.to.include('ENOENT');
  });
});

function command(script: string): ServerCommand {
  return { program: process.execPath, words: ['-e', script], logsTo: 'stdout', ready: /ready at (\d+)/ };
}

/** What a server says at the port that it was found ready at; the error's code when it cannot be reached. */
function answerAt([, port]: RegExpExecArray): Promise<string> {
  return new Promise((resolve) => {
    let heard = '';
    connect(Number(port), '127.0.0.1')
      .setEncoding('utf8')
      .on('data', (text: unknown) => {
        heard += String(text);
      })
      .on('end', () => resolve(heard))
      .on('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
  });
}
