import { expect } from 'chai';
import { ConfigError } from '../errors.js';
import { encodeMachineLine } from './machine-line.js';
import { failureOf, generationAnswers, makeBench, pass, tokAnswer } from './testing/bench.js';
import { settle } from './testing/scripted-port.js';

const banner = (reset: string, boot = '0x13 (SPI_FAST_FLASH_BOOT)') =>
  `ets Jul 29 2019 12:21:46\r\n\r\nrst:${reset},boot:${boot}\r\n`;
const bootRecord = encodeMachineLine({
  r: 'boot',
  n: '-',
  proto: 1,
  reset: 'poweron',
  build: 'test',
  elf: '0123456789abcdef',
});
const panic =
  "Guru Meditation Error: Core  0 panic'ed (LoadProhibited). Exception was unhandled.\r\n\r\nRebooting...\r\n";

describe('board console on a bad line', () => {
  it('sends a command again when its ack is lost, and the board executes it once', async () => {
    const { console, board, device, timers } = await makeBench();
    await console.hello();
    board.damage = (line, index) => (index === 1 ? '' : line);
    const wait = console.sendPrompt([1, 2]);
    await pass(timers, 3000);
    expect(await wait).to.equal(2);
    expect(device.written[1]).to.equal(device.written[2]);
    expect(board.executed.filter((text) => text.startsWith('prompt'))).to.have.length(1);
    expect(console.counters()).to.include({ resends: 1, torn: 0 });
  });

  it('sends a command again at once when it arrived corrupt', async () => {
    const { console, board, timers } = await makeBench();
    board.corrupts = (index) => index === 0;
    await console.hello();
    expect(timers.nowUs()).to.equal(0);
    expect(console.counters()).to.include({ resends: 1, commands: 1 });
  });

  it('never uses a corrupt ack: it waits, and asks again', async () => {
    const { console, board, timers } = await makeBench();
    await console.hello();
    board.damage = (line, index) => (index === 1 ? line.replace('"count":2', '"count":3') : line);
    const wait = console.sendPrompt([1, 2]);
    await pass(timers, 3000);
    expect(await wait).to.equal(2);
    expect(console.counters()).to.include({ resends: 1, torn: 1 });
  });

  it('gives up after so many attempts, and blames the link when lines came damaged', async () => {
    const { console, board, device, timers } = await makeBench(undefined, { attempts: 3 });
    board.damage = (line) => line.replace('ack', 'akc');
    const wait = failureOf(console.hello());
    await pass(timers, 9000, 9);
    const error = await wait;
    expect(error).to.include({ code: 'link-damaged', failureClass: 'infra-fail' });
    expect(device.written).to.have.length(3);
  });

  it('gives up at once after so many corrupt arrivals', async () => {
    const { console, board } = await makeBench(undefined, { attempts: 3 });
    board.corrupts = () => true;
    expect((await failureOf(console.hello())).code).to.equal('link-damaged');
    expect(board.heard).to.be.at.least(3);
  });

  it('never takes the late answer of one command for the answer of the next', async () => {
    const { console, device } = await makeBench(({ words, sequence }) => {
      if (words[0] !== 'prompt') return undefined;
      device.send(encodeMachineLine({ r: 'ack', n: '5f3a9c', q: sequence - 1, count: 99 }));
      return [{ r: 'ack', count: 2 }];
    });
    await console.hello();
    expect(await console.sendPrompt([1, 2])).to.equal(2);
    expect(console.counters()).to.include({ late: 1, stale: 0 });
  });

  it('never uses records of another nonce, and counts them', async () => {
    const { console, device, timers } = await makeBench(undefined, { attempts: 1 });
    device.onWrite = () => [encodeMachineLine({ r: 'ack', n: 'older', q: 1, proto: 1 })];
    const wait = failureOf(console.hello());
    await pass(timers, 3000);
    expect((await wait).code).to.equal('board-silent');
    expect(console.counters()).to.include({ stale: 1, records: 0 });
  });

  it('stops the stale run of a board that does not take its hello', async () => {
    const { console, board, device, timers } = await makeBench();
    board.damage = (line, index) => (index === 0 ? '' : line);
    const wait = console.hello();
    await pass(timers, 3000);
    await wait;
    expect(device.written[1]).to.satisfy((text: string) => text.startsWith('\x18\n#1 hello '));
  });

  it('takes a run as begun when its records come without its ack', async () => {
    const { console, board, timers } = await makeBench();
    await console.hello();
    board.damage = (line, index) => (index === 1 ? '' : line);
    const records = await console.generate({ max: 2 });
    expect(records.tokens).to.have.length(2);
    expect(timers.nowUs()).to.equal(0);
  });

  it('has patience with a slow run whose ack came torn', async () => {
    const { console, device, timers } = await makeBench();
    await console.hello();
    device.onWrite = () => [];
    const wait = console.generate({ max: 1 }, { timeoutMs: 60_000 });
    await settle();
    device.send('@{"r":"ack","n":"5f3\n');
    await pass(timers, 40_000, 40);
    const lines = generationAnswers(1).map((answer) =>
      encodeMachineLine({ n: '5f3a9c', q: 2, ...answer } as never),
    );
    device.send(...lines.slice(1));
    expect((await wait).tokens).to.have.length(1);
  });

  it('waits for ever while records come, and no longer than the silence allows when none do', async () => {
    const { console, device, timers } = await makeBench(({ words }) =>
      words[0] === 'generate' ? [{ r: 'ack' }] : undefined,
    );
    await console.hello();
    const wait = failureOf(console.generate({ max: 9 }, { timeoutMs: 10_000 }));
    for (let i = 0; i < 5; i++) {
      await pass(timers, 9000);
      device.send(encodeMachineLine({ n: '5f3a9c', q: 2, ...tokAnswer(i) } as never));
    }
    await settle();
    device.send('I (1) heart: a log line is no record\n');
    await pass(timers, 10_000);
    const error = await wait;
    expect(timers.nowUs()).to.equal(55_000_000);
    expect(error).to.include({ code: 'board-hung', failureClass: 'product-fail' });
    expect(error.message)
      .to.include('cam-1')
      .and.include('the answer to "generate max=9"')
      .and.include('heart: a log line');
    expect(error.details.lastLines?.at(-1)).to.include('heart');
  });

  it('blames the lab for a board that never answered', async () => {
    const { console, device, timers } = await makeBench();
    device.onWrite = () => [];
    const wait = failureOf(console.hello());
    await pass(timers, 12_000, 12);
    const error = await wait;
    expect(error).to.include({ code: 'board-silent', failureClass: 'infra-fail' });
    expect(error.message).to.include('nothing at all');
  });

  it('does not take a half-dead board that only prints for one that answers', async () => {
    const { console, device, timers } = await makeBench();
    device.onWrite = () => ['I (5) main: alive\n', '\xff\xfe'];
    const wait = failureOf(console.hello());
    await pass(timers, 12_000, 12);
    expect((await wait).code).to.equal('board-silent');
  });
});

describe('board console on a faulty board', () => {
  const faults: readonly (readonly [string, string, string, string])[] = [
    ['a panic', panic, 'board-panic', 'product-fail'],
    ['a brownout', '\r\nE BOD: Brownout detector was triggered\r\n\r\n', 'board-brownout', 'infra-fail'],
    ['a brownout reset', banner('0xf (RTCWDT_BROWN_OUT_RESET)'), 'board-brownout', 'infra-fail'],
    ['a power cycle', banner('0x1 (POWERON_RESET)'), 'board-reset', 'infra-fail'],
    ['a restart of its own', banner('0xc (SW_CPU_RESET)'), 'board-reset', 'product-fail'],
    ['a watchdog reset', banner('0x8 (TG1WDT_SYS_RESET)'), 'board-watchdog', 'product-fail'],
    ['a new boot record', bootRecord, 'board-reset', 'infra-fail'],
    ['a refused image', 'invalid header: 0xffffffff\r\n', 'image-fault', 'infra-fail'],
    ['the ROM loader', 'waiting for download\r\n', 'in-loader', 'infra-fail'],
  ];
  for (const [name, text, code, failureClass] of faults) {
    it(`ends a generation at once on ${name}, in the middle of a token too`, async () => {
      const half = encodeMachineLine({ n: '5f3a9c', q: 2, ...tokAnswer(0) } as never).slice(0, 30);
      for (const before of [
        '',
        half.concat(code === 'image-fault' || code === 'in-loader' || text === bootRecord ? '\n' : ''),
      ]) {
        const { console, device, timers } = await makeBench(({ words }) =>
          words[0] === 'generate' ? [{ r: 'ack' }] : undefined,
        );
        await console.hello();
        const wait = failureOf(console.generate({ max: 2 }));
        await settle();
        device.send(before + text);
        const error = await wait;
        expect(error).to.include({ code, failureClass });
        expect(error.details.event).to.have.property('raw');
        expect(timers.nowUs()).to.equal(0);
      }
    });
  }

  it('reports a panic that stops halfway after a moment', async () => {
    const { console, device, timers } = await makeBench(({ words }) =>
      words[0] === 'generate' ? [{ r: 'ack' }] : undefined,
    );
    await console.hello();
    const wait = failureOf(console.generate({ max: 2 }));
    await settle();
    device.send("Guru Meditation Error: Core  0 panic'ed (LoadProhibited). x\r\n\r\nCore  0 reg");
    await pass(timers, 1000);
    expect((await wait).code).to.equal('board-panic');
  });

  it('keeps a fault that came between two commands for the next one', async () => {
    const { console, device } = await makeBench();
    await console.hello();
    device.send(panic, banner('0xc (SW_CPU_RESET)'));
    await settle();
    const sentBefore = device.written.length;
    expect((await failureOf(console.info())).code).to.equal('board-panic');
    expect((await failureOf(console.info())).code).to.equal('board-panic');
    expect(device.written).to.have.length(sentBefore);
  });

  it('goes on after a fault with a new session', async () => {
    const { console, device } = await makeBench();
    await console.hello();
    device.send(panic, banner('0xc (SW_CPU_RESET)'), bootRecord);
    await settle();
    expect((await failureOf(console.info())).code).to.equal('board-panic');
    expect((await console.waitForBoot()).build).to.equal('test');
    await console.hello();
    expect((await console.generate({ max: 2 })).tokens).to.have.length(2);
  });

  it('does not mind a reset before the session and after it', async () => {
    const { console, device } = await makeBench();
    device.send(banner('0x1 (POWERON_RESET)'));
    await settle();
    await console.hello();
    await console.bye();
    device.send(banner('0x1 (POWERON_RESET)'));
    await settle();
    await console.hello();
  });

  const refusals: readonly (readonly [string, string])[] = [
    ['no_card', 'infra-fail'],
    ['card_read', 'infra-fail'],
    ['no_file', 'infra-fail'],
    ['bad_size', 'infra-fail'],
    ['bad_config', 'infra-fail'],
    ['bad_weights', 'infra-fail'],
    ['bad_hash', 'infra-fail'],
    ['flash', 'infra-fail'],
    ['no_model', 'config-error'],
    ['bad_value', 'config-error'],
    ['gap', 'harness-bug'],
    ['no_memory', 'product-fail'],
    ['bad_logits', 'product-fail'],
    ['never_heard_of', 'product-fail'],
  ];
  for (const [code, failureClass] of refusals) {
    it(`takes a refusal with ${code} as ${failureClass}`, async () => {
      const refusal = { r: 'err', code, msg: 'q_proj.bin is 5 bytes, not 9' };
      const { console } = await makeBench(({ words }) => (words[0] === 'load' ? [refusal] : undefined));
      await console.hello();
      const error = await failureOf(console.load('folder'));
      expect(error).to.include({ code: 'refused', failureClass });
      expect(error.message).to.include('q_proj.bin is 5 bytes');
      expect(error.details.refusal?.code).to.equal(code);
    });
  }

  it('ends a generation with the refusal that came in its middle', async () => {
    const refusal = { r: 'err', code: 'card_read', msg: 'lm_head.bin at 4096' };
    const { console } = await makeBench(({ words }) =>
      words[0] === 'generate' ? [{ r: 'ack' }, tokAnswer(0), refusal] : undefined,
    );
    await console.hello();
    expect(await failureOf(console.generate())).to.include({ code: 'refused', failureClass: 'infra-fail' });
  });

  it('refuses a hello under the nonce before it', async () => {
    const { console, device } = await makeBench();
    device.onWrite = () => [encodeMachineLine({ r: 'err', n: '-', q: 1, code: 'bad_arg', msg: 'nonce' })];
    expect((await failureOf(console.hello())).details.refusal?.code).to.equal('bad_arg');
  });

  it('stops a generation when the caller says so, and tells the board', async () => {
    const { console, device } = await makeBench(({ words }) =>
      words[0] === 'generate' ? [{ r: 'ack' }] : undefined,
    );
    await console.hello();
    const stop = new AbortController();
    const wait = failureOf(console.generate({ max: 2 }, { signal: stop.signal }));
    await settle();
    stop.abort(new Error('Ctrl-C'));
    const error = await wait;
    expect(error).to.include({ code: 'aborted', failureClass: 'inconclusive' });
    expect(error.cause).to.have.property('message', 'Ctrl-C');
    await settle();
    expect(device.written.at(-1)).to.equal('\x18');
  });

  it('takes a stop from within its own listener', async () => {
    const { console, timers } = await makeBench();
    await console.hello();
    const stop = new AbortController();
    const run = console.generate({ max: 2 }, { signal: stop.signal, onToken: () => stop.abort() });
    expect((await failureOf(run)).code).to.equal('aborted');
    expect(timers.armed).to.equal(0);
    expect(await console.sendPrompt([1, 2])).to.equal(2);
  });

  it('does not begin what the caller has already stopped', async () => {
    const { console, device } = await makeBench();
    expect((await failureOf(console.hello({ signal: AbortSignal.abort() }))).code).to.equal('aborted');
    expect(device.written).to.deep.equal([]);
  });

  it('ends the wait when the cable is pulled, and every later one', async () => {
    const { console, device } = await makeBench();
    device.onWrite = () => [];
    const wait = failureOf(console.hello());
    await settle();
    device.unplug();
    expect(await wait).to.include({ code: 'link-lost', failureClass: 'infra-fail' });
    expect((await failureOf(console.hello())).code).to.equal('link-lost');
  });

  it('ends the wait when the capture cannot be written', async () => {
    const tap = {
      rx: () => {
        throw new ConfigError('disk_full', 'disk full');
      },
      tx: () => {},
    };
    const { console } = await makeBench(undefined, { tap });
    expect(await console.hello().catch((error: unknown) => error)).to.have.property('code', 'disk_full');
  });
});

describe('board console at boot', () => {
  it('waits for the boot record', async () => {
    const { console, device } = await makeBench();
    const wait = console.waitForBoot();
    await settle();
    device.send(banner('0x1 (POWERON_RESET)'), 'I (28) boot: ESP-IDF\r\n', bootRecord);
    expect((await wait).elf).to.equal('0123456789abcdef');
  });

  it('takes the boot record that came before it was asked for, once', async () => {
    const { console, device, timers } = await makeBench();
    device.send(banner('0x1 (POWERON_RESET)'), bootRecord);
    await settle();
    await console.waitForBoot();
    const wait = failureOf(console.waitForBoot());
    await pass(timers, 15_000);
    expect((await wait).code).to.equal('board-silent');
  });

  it('takes a boot record once, when it came while it was waited for, too', async () => {
    const { console, device, timers } = await makeBench();
    const first = console.waitForBoot();
    await settle();
    device.send(bootRecord);
    await first;
    const second = failureOf(console.waitForBoot());
    await pass(timers, 15_000);
    expect((await second).code).to.equal('board-silent');
  });

  it('does not take the boot record of a board that browned out since', async () => {
    const { console, device } = await makeBench();
    device.send(bootRecord, '\r\nE BOD: Brownout detector was triggered\r\n\r\n');
    await settle();
    expect((await failureOf(console.waitForBoot())).code).to.equal('board-brownout');
  });

  it('does not take the boot record from before a reset', async () => {
    const { console, device, timers } = await makeBench();
    device.send(bootRecord, banner('0x1 (POWERON_RESET)'));
    await settle();
    const wait = failureOf(console.waitForBoot());
    await pass(timers, 15_000);
    expect((await wait).code).to.equal('board-silent');
  });

  it('reports a refused image, whether it came before or after it was asked for', async () => {
    for (const early of [true, false]) {
      const { console, device } = await makeBench();
      const image = [
        banner('0x1 (POWERON_RESET)'),
        'E (98) esp_image: Image hash failed - image is corrupt\r\n',
      ];
      if (early) device.send(...image);
      await settle();
      const wait = failureOf(console.waitForBoot());
      await settle();
      if (!early) device.send(...image);
      const error = await wait;
      expect(error).to.include({ code: 'image-fault', failureClass: 'infra-fail' });
      expect(error.message).to.include('Image hash failed - image is corrupt');
    }
  });

  it('gives up on a board that resets over and over', async () => {
    const { console, device } = await makeBench();
    const wait = failureOf(console.waitForBoot());
    await settle();
    device.send(...Array.from({ length: 4 }, () => banner('0x10 (RTCWDT_RTC_RESET)')));
    expect((await wait).code).to.equal('board-reset');
  });

  it('restarts by the reset line, DTR and RTS always set both', async () => {
    const { console, device, timers } = await makeBench();
    device.onSet = (lines) => {
      if (lines.rts === false) device.send(banner('0x1 (POWERON_RESET)'), bootRecord);
    };
    await console.hello();
    const wait = console.restart();
    await pass(timers, 100);
    await wait;
    expect(device.lineSettings.map(({ dtr, rts }) => ({ dtr, rts }))).to.deep.equal([
      { dtr: false, rts: true },
      { dtr: false, rts: false },
    ]);
  });
});
