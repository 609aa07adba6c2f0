import { expect } from 'chai';
import { FakeTimers } from '../board/testing/fake-timers.js';
import { openScriptedPort, type ScriptedPort, settle } from '../board/testing/scripted-port.js';
import type { TokenrackError } from '../errors.js';
import { ForeignConsole } from './foreign-console.js';
import { foreignSchema } from './foreign-schema.js';
import type { ReadGeneration } from './generation-reader.js';

const banner = 'ets Jul 29 2019 12:21:46\n\nrst:0x1 (POWERON_RESET),boot:0x13 (SPI_FAST_FLASH_BOOT)\n';
const plain = {
  name: 'mine',
  baud: 57_600,
  ready: '^ready$',
  prompt: { command: 'say {text}' },
  log: { tokens: '^tok (?<ids>\\d+)', ended: '^done' },
  errors: [{ pattern: '^E ', class: 'infra-fail' }],
  timeouts: { ready_ms: 1000, silence_ms: 2000, generation_ms: 5000 },
};

interface ForeignBench {
  readonly console: ForeignConsole;
  readonly device: ScriptedPort;
  readonly timers: FakeTimers;
}

async function makeBench(change: object = {}): Promise<ForeignBench> {
  const { stream, device } = await openScriptedPort();
  const timers = new FakeTimers();
  const firmware = foreignSchema.parse({ ...plain, ...change });
  return { console: new ForeignConsole(stream, firmware, { board: 'cam-1', timers }), device, timers };
}

/** Lets the reset's hold pass, and the board say something. */
async function boot({ device, timers }: ForeignBench, ...said: readonly string[]): Promise<void> {
  await settle();
  timers.advance(100);
  await settle();
  device.send(...said);
  await settle();
}

async function ready(bench: ForeignBench): Promise<void> {
  const booted = bench.console.restart();
  await boot(bench, banner, 'ready\n');
  await booted;
}

/** Settles to the error that a wait ends with; asked for at once, so that none goes unhandled. */
function failure(wait: Promise<unknown>): Promise<TokenrackError> {
  return wait.then(
    () => Promise.reject(new Error('it did not fail')),
    (error: TokenrackError) => error,
  );
}

describe('ForeignConsole', () => {
  it('resets the board, waits for its ready line at its rate, and sends the command', async () => {
    const bench = await makeBench();
    await ready(bench);
    expect(bench.device.baudRates).to.deep.equal([57_600]);
    const made = bench.console.generate('say hello\n');
    bench.device.send('tok 7\ntok 8\ndo', 'ne\n');
    expect(await made).to.deep.include({ ended: true, ids: [7, 8], tokenLines: 2 });
    expect(bench.device.written).to.deep.equal(['say hello\n']);
  });

  it('takes a whole generation at boot out of one chunk, and nothing of the life before', async () => {
    const bench = await makeBench({ prompt: { at_boot: 'x' } });
    bench.device.send('ready\ntok 1\n');
    await settle();
    const held = bench.console.hold();
    await boot(bench);
    await held;
    const made: Promise<ReadGeneration> = bench.console.generateAtBoot();
    bench.device.send(`tok 2\n${banner}tok 3\nready\ntok 4\ndone\ntok 5\n`);
    expect((await made).ids).to.deep.equal([4]);
  });

  it('says that a board which resets on its own after its ready line did so', async () => {
    const bench = await makeBench();
    await ready(bench);
    const failed = failure(bench.console.generate('say hello\n'));
    bench.device.send('tok 1\n', banner.replace('0x1 (POWERON', '0xc (SW_CPU'));
    expect(await failed).to.include({ code: 'board-reset', failureClass: 'product-fail' });
  });

  it('takes a board that boots again and again for one that does not start', async () => {
    const bench = await makeBench();
    const failed = failure(bench.console.restart());
    await boot(bench, banner.repeat(4));
    expect(await failed).to.include({ code: 'board-reset', failureClass: 'infra-fail' });
  });

  it('reports a brownout as the lab’s', async () => {
    const bench = await makeBench();
    await ready(bench);
    const failed = failure(bench.console.generate('say hello\n'));
    bench.device.send('tok 1\nBrownout detector was triggered\n');
    expect(await failed).to.include({ code: 'board-brownout', failureClass: 'infra-fail' });
  });

  it('ends with an error line of the firmware, before its ready line, too', async () => {
    const bench = await makeBench();
    const failed = failure(bench.console.restart());
    await boot(bench, banner, 'E (12) sd: no card\n');
    expect(await failed).to.include({ code: 'firmware-error', failureClass: 'infra-fail' });
    expect((await failed).message).to.contain('E (12) sd: no card');
  });

  it('waits through a slow generation, but not for ever', async () => {
    const bench = await makeBench();
    await ready(bench);
    const failed = failure(bench.console.generate('say hello\n'));
    for (let tick = 0; tick < 3; tick++) {
      bench.timers.advance(1900);
      bench.device.send('I (1) main: alive\n');
      await settle();
    }
    expect((await failed).message).to.match(/came to no end in 5000 ms/);
  });

  it('does not take text that is streamed without line ends for silence', async () => {
    const bench = await makeBench();
    await ready(bench);
    const made = bench.console.generate('say hello\n');
    for (let tick = 0; tick < 2; tick++) {
      bench.device.send('more text ');
      await settle();
      bench.timers.advance(2000);
    }
    bench.device.send('\ndone\n');
    expect((await made).ended).to.equal(true);
    const silent = failure(bench.console.generate('say hello\n'));
    bench.device.send('more text ');
    await settle();
    bench.timers.advance(4000);
    expect(await silent).to.include({ code: 'board-hung', failureClass: 'product-fail' });
  });

  it('stops when it is told to', async () => {
    const bench = await makeBench();
    await ready(bench);
    const abort = new AbortController();
    const failed = failure(bench.console.generate('say hello\n', abort.signal));
    abort.abort();
    expect(await failed).to.include({ code: 'aborted', failureClass: 'inconclusive' });
  });
});
