import { expect } from 'chai';
import { encodeMachineLine } from './machine-line.js';
import type { BoardRecord } from './records.js';
import { type Bench, failureOf, infoAnswer, makeBench, pass } from './testing/bench.js';
import { settle } from './testing/scripted-port.js';

/** What 115200 looks like at 921600: a run of equal bits for each bit. */
const garbage = Buffer.alloc(400, Uint8Array.of(0x00, 0xff, 0x80, 0xf8));

/** A session at 921600 whose generation has been acknowledged. */
async function fastSession(): Promise<Bench> {
  const bench = await makeBench(({ words }) => (words[0] === 'generate' ? [{ r: 'ack' }] : undefined));
  await bench.console.hello();
  expect(await bench.console.baud(921_600)).to.equal(921_600);
  return bench;
}

/** From now on the device is an app that has just started, deaf at any rate but 115200. */
function restartApp({ device }: Bench, reset: string): void {
  const say = (record: object) => encodeMachineLine({ n: '-', q: 1, ...record } as BoardRecord);
  device.onWrite = (text) => {
    if (device.baudRates.at(-1) !== 115_200) return [garbage.toString('latin1')];
    return text.startsWith('#1 info') ? [say({ r: 'ack' }), say({ ...infoAnswer, reset })] : [];
  };
}

describe('board console at a high baud rate', () => {
  const resets: readonly (readonly [string, string, string])[] = [
    ['brownout', 'board-brownout', 'infra-fail'],
    ['poweron', 'board-reset', 'infra-fail'],
    ['panic', 'board-panic', 'product-fail'],
    ['watchdog', 'board-watchdog', 'product-fail'],
    ['software', 'board-reset', 'product-fail'],
  ];
  for (const [reset, code, failureClass] of resets) {
    it(`sees a reset by ${reset} at once, though its banner came at 115200`, async () => {
      const bench = await fastSession();
      const wait = failureOf(bench.console.generate({ max: 2 }));
      await settle();
      restartApp(bench, reset);
      bench.device.send(garbage);
      expect(await wait).to.include({ code, failureClass });
      expect(bench.timers.nowUs()).to.equal(0);
      expect((await failureOf(bench.console.info())).code).to.equal(code);
    });
  }

  it('sees a reset that left no trace at all when the silence ends', async () => {
    const bench = await fastSession();
    restartApp(bench, 'poweron');
    bench.device.onWrite = (
      (answer) => (text: string) =>
        bench.device.baudRates.at(-1) === 115_200 ? answer(text) : []
    )(bench.device.onWrite);
    const wait = failureOf(bench.console.generate({ max: 2 }));
    await pass(bench.timers, 20_000, 40);
    expect((await wait).code).to.equal('board-reset');
  });

  it('goes back to the session rate when nobody answers at 115200', async () => {
    const bench = await fastSession();
    const wait = failureOf(bench.console.generate({ max: 2 }, { timeoutMs: 5000 }));
    await settle();
    bench.device.onWrite = () => [];
    await pass(bench.timers, 10_000, 40);
    expect((await wait).code).to.equal('board-hung');
    expect(bench.device.baudRates).to.deep.equal([921_600, 115_200, 921_600]);
    const next = failureOf(bench.console.sendPrompt([1]));
    await pass(bench.timers, 20_000, 40);
    expect(await next, 'the session is still the same').to.include({ code: 'board-hung' });
  });

  it('takes a little line noise for what it is', async () => {
    const bench = await fastSession();
    const answer = bench.device.onWrite;
    bench.device.onWrite = (text) => [`${garbage.subarray(0, 100).toString('latin1')}\n`, ...answer(text)];
    for (let round = 0; round < 5; round++) expect(await bench.console.sendPrompt([1, 2])).to.equal(2);
  });

  it('restarts at 115200, whatever the session spoke', async () => {
    const bench = await fastSession();
    const wait = failureOf(bench.console.restart({ timeoutMs: 500 }));
    await pass(bench.timers, 1000, 10);
    expect((await wait).code).to.equal('board-silent');
    expect(bench.device.baudRates.at(-1)).to.equal(115_200);
  });
});

describe('listeners of the caller', () => {
  it('end the generation with what they throw, not the process', async () => {
    const { console } = await makeBench();
    await console.hello();
    const onToken = () => {
      throw new Error('listener');
    };
    const error = await console.generate({ max: 2 }, { onToken }).catch((caught: unknown) => caught);
    expect(error).to.have.property('message', 'listener');
  });
});
