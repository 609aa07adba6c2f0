import { crc32 } from 'node:zlib';
import { expect } from 'chai';
import { ConfigError } from '../errors.js';
import { BoardConsole } from './console.js';
import { encodeMachineLine } from './machine-line.js';
import type { BoardRecord } from './records.js';
import {
  failureOf,
  generationAnswers,
  infoAnswer,
  makeBench,
  memAnswer,
  pass,
  placeAnswer,
  runEnd,
  tokAnswer,
} from './testing/bench.js';
import type { Answer } from './testing/scripted-board.js';
import { settle } from './testing/scripted-port.js';

describe('board console', () => {
  it('numbers, checks and reads commands as the protocol says', async () => {
    const { console, device, board } = await makeBench();
    await console.hello();
    expect(await console.sendPrompt([1, 9038, 2501])).to.equal(3);
    expect(device.written[0]).to.match(/^#1 hello 5f3a9c \*[0-9a-f]{8}\n$/);
    expect(device.written[1]).to.match(/^#2 prompt 0 1 9038 2501 \*[0-9a-f]{8}\n$/);
    expect(board.executed).to.deep.equal(['hello 5f3a9c', 'prompt 0 1 9038 2501']);
  });

  it('sends a long prompt in lines that fit the FIFO, each after the ack of the one before', async () => {
    const { console, device, board } = await makeBench();
    await console.hello();
    const ids = Array.from({ length: 300 }, (_, index) => 31_000 + index);
    expect(await console.sendPrompt(ids)).to.equal(300);
    expect(Math.max(...device.written.map((line) => line.length))).to.be.at.most(120);
    const heard = board.executed.slice(1).flatMap((text) => text.split(' ').slice(2).map(Number));
    expect(heard).to.deep.equal(ids);
  });

  it('reads info with and without a model, though the protocol does not say how many records come', async () => {
    const { console } = await makeBench();
    await console.hello();
    const said = await console.info();
    expect(said.info.mac).to.equal('24:6f:28:00:00:01');
    expect(said.mem.psram).to.equal(4_194_304);
    expect(said).to.not.have.property('model');
    expect((await console.knobs()).map((knob) => knob.key)).to.deep.equal(['context', 'head_rows']);
  });

  it('asks again for a list of which a record came torn', async () => {
    const { console, board } = await makeBench();
    await console.hello();
    board.damage = (line, index) => (index === 3 ? line.replace('"r":"mem"', '"r":"mom"') : line);
    expect((await console.info()).mem.r).to.equal('mem');
    expect(board.executed.filter((text) => text === 'info')).to.have.length(2);
  });

  it('passes options of a generation as the protocol writes them', async () => {
    const { console, board } = await makeBench();
    await console.hello();
    await console.generate({ max: 2, temp: 800, topk: 40, seed: 7, eos: false, logits: 'crc' });
    expect(board.executed[1]).to.equal('generate max=2 temp=800 topk=40 seed=7 eos=0 logits=crc');
  });

  it('hands out tokens as they come, and all records at the end', async () => {
    const { console } = await makeBench();
    await console.hello();
    const seen: number[] = [];
    const records = await console.generate({ max: 2 }, { onToken: (token) => seen.push(token.id) });
    expect(seen).to.deep.equal([100, 101]);
    expect(records.tokens.map((token) => token.id)).to.deep.equal([100, 101]);
    expect(records).to.deep.include({ missing: [], lost: [] });
    expect(records.prefill?.name).to.equal('prefill');
    expect(records.stage?.mlp).to.equal(3);
  });

  it('reads the same whatever chunks the answer comes in', async () => {
    const { console, device } = await makeBench();
    await console.hello();
    device.onWrite = (text) => {
      const q = Number(/^#(\d+)/.exec(text)?.[1]);
      const answer = generationAnswers(2).map((record) =>
        encodeMachineLine({ n: '5f3a9c', q, ...record } as BoardRecord),
      );
      return [...answer.join('')];
    };
    const records = await console.generate({ max: 2 });
    expect(records.tokens).to.have.length(2);
    expect(records.lost).to.deep.equal([]);
  });

  it('reports tokens whose records came torn, with the evidence', async () => {
    const { console, board } = await makeBench(({ words }) =>
      words[0] === 'generate' ? generationAnswers(4) : undefined,
    );
    await console.hello();
    board.damage = (line) => (line.includes('"i":2,') ? line.replace('102', '103') : line);
    const records = await console.generate({ max: 4 });
    expect(records.tokens.map((token) => token.i)).to.deep.equal([0, 1, 3]);
    expect(records.missing).to.deep.equal([2]);
    expect(records.lost).to.deep.equal(['tok 2']);
    expect(records.disturbances.map((event) => event.kind)).to.deep.equal(['torn']);
  });

  it('leaves a lost phase absent and says so', async () => {
    const { console, board } = await makeBench();
    await console.hello();
    board.damage = (line) => (line.includes('"prefill"') ? '' : line);
    const records = await console.generate({ max: 2 });
    expect(records).to.not.have.property('prefill');
    expect(records.lost).to.deep.equal(['phase prefill']);
  });

  it('puts full logits together when they came whole, and never when a piece is missing', async () => {
    const { console, board } = await makeBench(({ words }) =>
      words[0] === 'generate' ? fullLogits() : undefined,
    );
    await console.hello();
    const whole = await console.generate({ max: 1, logits: 'full' });
    expect([...whole.logits.get(0)!]).to.deep.equal([...exampleLogits]);
    expect(whole.tops[0]?.ids).to.deep.equal([4]);
    board.damage = (line) => (line.includes('"o":48,') ? '' : line);
    const partial = await console.generate({ max: 1, logits: 'full' });
    expect(partial.logits.size).to.equal(0);
    expect(partial.lost).to.deep.equal(['logits 0']);
  });

  it('takes a token that a screen chose, and misses no logits that were never computed', async () => {
    const screened = { r: 'tok', i: 0, id: 7, us: 9, logit: '41000000', rows: 2, rank: 1 };
    const [ack, logits, , top] = fullLogits();
    const { console } = await makeBench(({ words }) =>
      words[0] === 'generate' ? [ack!, logits!, top!, screened, ...runEnd(1)] : undefined,
    );
    await console.hello();
    const records = await console.generate({ max: 1, logits: 'full' });
    expect(records.tokens).to.deep.include.members([{ n: '5f3a9c', q: 2, ...screened }]);
    expect(records.logits.size).to.equal(0);
    expect(records.lost).to.deep.equal([]);
  });

  it('says how the loaded model runs', async () => {
    const { console } = await makeBench(({ words }) =>
      words[0] === 'info' ? [{ r: 'ack' }, infoAnswer, memAnswer, placeAnswer] : undefined,
    );
    await console.hello();
    expect((await console.info()).place).to.include({ strategy: 'fast', layers: 'flash' });
  });

  it('asks for a load to be verified, and hears what it programmed', async () => {
    const { console, board } = await makeBench(({ words }) =>
      words[0] === 'load' ? [{ r: 'ack', us: 9, reads: 1, seeks: 1, bytes: 4, flashed: 4096 }] : undefined,
    );
    await console.hello();
    const ack = await console.load('here', { bare: true, verify: true });
    expect(board.executed[1]).to.equal('load here manifest=0 verify=1');
    expect(ack.flashed).to.equal(4096);
  });

  it('scores by position from 1', async () => {
    const script: Answer[] = [
      { r: 'ack' },
      { r: 'lp', i: 1, id: 5, lp: 'bb83126f' },
      { r: 'lp', i: 3, id: 6, lp: 'bb83126f' },
    ];
    const { console } = await makeBench(({ words }) =>
      words[0] === 'score' ? [...script, ...runEnd(3)] : undefined,
    );
    await console.hello();
    const seen: number[] = [];
    const records = await console.score({}, { onPosition: (position) => seen.push(position.i) });
    expect(seen).to.deep.equal([1, 3]);
    expect(records.missing).to.deep.equal([2]);
  });

  it('refuses an empty prompt and ids that are none before anything is sent', async () => {
    const { console, device } = await makeBench();
    for (const ids of [[], [1.5], [-1]]) {
      const error = await console.sendPrompt(ids).catch((caught: unknown) => caught);
      expect(error).to.be.instanceOf(ConfigError);
    }
    expect(device.written).to.deep.equal([]);
  });

  it('closes more than once, leaves the port open, and refuses to be used then', async () => {
    const { console, stream } = await makeBench();
    await console.hello();
    await console.close();
    await console.close();
    expect(stream.isOpen).to.equal(true);
    expect((await failureOf(console.info())).code).to.equal('console-closed');
    expect(stream.listenerCount('data')).to.equal(0);
  });

  it('hears a port that who had it before left paused, another console for one', async () => {
    const { console, stream, timers } = await makeBench();
    await console.hello();
    await console.close();
    const next = new BoardConsole(stream, { timers, nonce: 'second' });
    expect((await next.hello()).n).to.equal('second');
  });

  it('ends the wait under way when it is closed', async () => {
    const { console, board } = await makeBench();
    board.damage = () => '';
    const wait = failureOf(console.hello());
    await settle();
    await console.close();
    expect((await wait).code).to.equal('console-closed');
  });

  it('disarms its timers when a wait ends', async () => {
    const { console, timers } = await makeBench();
    await console.hello();
    await console.generate({ max: 2 });
    expect(timers.armed).to.equal(0);
  });

  it('takes one command at a time', async () => {
    const { console, board } = await makeBench();
    board.damage = () => '';
    const first = failureOf(console.hello());
    const second = await console.info().catch((error: unknown) => error);
    expect(second).to.have.property('code', 'console-busy');
    await console.close();
    await first;
  });

  it('counts a protocol it does not speak as a wrong build', async () => {
    const { console } = await makeBench(({ words }) =>
      words[0] === 'hello' ? [{ r: 'ack', proto: 2 }] : undefined,
    );
    const error = await console.hello().catch((caught: unknown) => caught);
    expect(error).to.include({ code: 'protocol-version', failureClass: 'config-error' });
  });

  it('blames the build for an answer against the protocol', async () => {
    const { console } = await makeBench(({ words }) => {
      if (words[0] === 'prompt') return [{ r: 'ack', count: 99 }];
      return words[0] === 'info' ? [{ r: 'ack' }, memAnswer] : undefined;
    });
    await console.hello();
    expect(await failureOf(console.sendPrompt([1, 2]))).to.include({
      code: 'protocol',
      failureClass: 'product-fail',
    });
    expect(await failureOf(console.info())).to.include({ code: 'protocol', failureClass: 'product-fail' });
  });

  it('switches both sides to another baud rate and proves it by the same command again', async () => {
    const { console, device, board } = await makeBench();
    await console.hello();
    expect(await console.baud(921_600)).to.equal(921_600);
    expect(device.baudRates).to.deep.equal([921_600]);
    expect(board.executed.filter((text) => text === 'baud 921600')).to.have.length(1);
    expect(device.written.filter((line) => line.includes('baud'))).to.have.length(2);
  });

  it('falls back to 115200 when nothing passes at the new rate', async () => {
    const { console, device, board, timers } = await makeBench();
    await console.hello();
    board.damage = (line) => (device.baudRates.at(-1) === 921_600 ? '\xff\x00\xff' : line);
    const wait = console.baud(921_600);
    await pass(timers, 9000, 45);
    expect(await wait).to.equal(115_200);
    expect(device.baudRates).to.deep.equal([921_600, 115_200]);
  });
});

const exampleLogits = Float32Array.from({ length: 60 }, (_, index) => index / 7);

function fullLogits(): Answer[] {
  const bytes = Buffer.from(exampleLogits.buffer);
  const crc = crc32(bytes).toString(16).padStart(8, '0');
  const piece = (o: number, end: number) => bytes.subarray(o * 4, end * 4).toString('base64');
  return [
    { r: 'ack' },
    { r: 'logits', i: 0, o: 0, d: piece(0, 48) },
    { r: 'logits', i: 0, o: 48, d: piece(48, 60) },
    { r: 'top', i: 0, ids: [4], l: ['3f800000'] },
    tokAnswer(0, { crc }),
    ...runEnd(1),
  ];
}
