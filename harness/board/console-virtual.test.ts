import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { buildVirtualFirmware } from '../build/virtual-firmware.js';
import type { Build } from '../image/build-folder.js';
import { type OpenLink, openLink } from '../link/link.js';
import { plugIn, virtualPath } from '../link/virtual-ports.js';
import { exportCard } from '../model/export-card.js';
import { readCheckpoint } from '../model/read-checkpoint.js';
import { packageRoot } from '../paths.js';
import { createVirtualBoard, type VirtualBoard } from '../virtual/virtual-board.js';
import { Capture, readCapture } from './capture.js';
import { readCaptureEvents } from './capture-chunks.js';
import { BoardConsole } from './console.js';
import { flashBuild } from './flash.js';
import type { LogEvent } from './log-event.js';
import { plainGenerations } from './plain-log.js';
import { failureOf } from './testing/bench.js';
import { describeEvent } from './testing/describe-log.js';
import { hostTimers } from './timers.js';

const mac = '24:6f:28:00:0c:01';
const cardFolder = 'tinyllm_float32_weights';
const promptIds = [1, 20, 21, 22, 23];

describe('board console on the virtual board', function () {
  this.timeout(60_000);
  let folder: string;
  let build: Build;
  let board: VirtualBoard;
  let unplug: () => void;
  let link: OpenLink;
  let capture: Capture;
  let console: BoardConsole;
  const live: LogEvent[] = [];

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'console-virtual-'));
    const model = await readCheckpoint(join(packageRoot, 'fixtures', 'models', 'little-stories'));
    await exportCard(model, join(folder, 'card', cardFolder));
    build = await buildVirtualFirmware();
    board = createVirtualBoard({ name: 'console-test', mac, cardFolder: join(folder, 'card') });
    unplug = plugIn(board);
    link = await openLink(virtualPath('console-test'), { baudRate: 115_200 });
    await flashBuild(link.stream, build, { expectedMac: mac });
    capture = await Capture.open(folder);
    console = new BoardConsole(link.stream, {
      board: 'console-test',
      tap: capture,
      timers: { ...hostTimers, nowUs: () => link.arrivalUs() },
      onEvent: (event) => live.push(event),
    });
  });

  after(async () => {
    await console?.close();
    await capture?.close();
    await link?.close();
    unplug?.();
    await board?.close();
    await rm(folder, { recursive: true });
  });

  it('restarts it and hears its app', async () => {
    const booted = await console.restart();
    expect(booted).to.include({ proto: 1, reset: 'poweron' });
    expect(build.app.elfSha256.startsWith(booted.elf)).to.equal(true);
  });

  it('opens a session at 921600 and reads what the board is', async () => {
    await console.hello();
    expect(await console.baud(921_600)).to.equal(921_600);
    const { info, mem } = await console.info();
    expect(info).to.include({ mac, chip: 'ESP32', card: 1 });
    expect(mem.psram).to.be.greaterThan(0);
    expect((await console.knobs()).map((knob) => knob.key)).to.include.members(['context', 'head_rows']);
  });

  it('loads the model and says so', async () => {
    await console.setKnob('context', 128);
    const loaded = await console.load(cardFolder);
    expect(loaded.reads).to.be.greaterThan(0);
    expect((await console.info()).model).to.include({
      format: 'float32',
      vocab: 512,
      hidden: 64,
      context: 128,
    });
  });

  it('generates twice the same, every record of it', async () => {
    expect(await console.sendPrompt(promptIds)).to.equal(promptIds.length);
    const seen: number[] = [];
    const first = await console.generate({ max: 8, eos: false }, { onToken: (token) => seen.push(token.id) });
    expect(first.lost).to.deep.equal([]);
    expect(first.tokens).to.have.length(8);
    expect(seen).to.deep.equal(first.tokens.map((token) => token.id));
    expect(first.done).to.include({ prompt: promptIds.length, tokens: 8, stop: 'max' });
    await console.sendPrompt(promptIds);
    const second = await console.generate({ max: 8, eos: false });
    expect(second.done.logits_crc).to.equal(first.done.logits_crc);
    expect(second.tokens.map(({ id, lp, crc }) => [id, lp, crc])).to.deep.equal(
      first.tokens.map(({ id, lp, crc }) => [id, lp, crc]),
    );
  });

  it('brings full logits over whole: their CRC is the record’s, their largest is the token', async () => {
    await console.sendPrompt(promptIds);
    const { logits, tokens, tops, lost } = await console.generate({ max: 2, eos: false, logits: 'full' });
    expect(lost).to.deep.equal([]);
    for (const token of tokens) {
      const values = logits.get(token.i)!;
      expect(values).to.have.length(512);
      expect(values.indexOf(Math.max(...values))).to.equal(token.id);
      expect(tops[token.i]?.ids[0]).to.equal(token.id);
    }
  });

  it('scores the prompt from its second position on', async () => {
    await console.sendPrompt(promptIds);
    const { positions, missing } = await console.score();
    expect(positions.map((position) => [position.i, position.id])).to.deep.equal(
      promptIds.slice(1).map((id, index) => [index + 1, id]),
    );
    expect(missing).to.deep.equal([]);
  });

  it('hears a refusal and goes on', async () => {
    const error = await failureOf(console.load('no_such_folder'));
    expect(error).to.include({ code: 'refused', failureClass: 'infra-fail' });
    expect(error.details.refusal?.code).to.equal('no_file');
    await console.load(cardFolder);
  });

  it('stops a run by its signal, and the board takes the next command', async () => {
    await console.sendPrompt(promptIds);
    const stop = new AbortController();
    const run = console.generate(
      { max: 100, eos: false },
      { signal: stop.signal, onToken: () => stop.abort() },
    );
    expect((await failureOf(run)).code).to.equal('aborted');
    await console.sendPrompt(promptIds);
    expect((await console.generate({ max: 1, eos: false })).tokens).to.have.length(1);
  });

  it('notices a reset in the middle of a run, though it speaks 921600', async () => {
    await console.sendPrompt(promptIds);
    const reset = (dtr: boolean, rts: boolean) =>
      new Promise<void>((resolve) => link.stream.set({ dtr, rts }, () => resolve()));
    let pulled: Promise<void> | undefined;
    const pull = () => {
      pulled ??= reset(false, true).then(() => reset(false, false));
    };
    const error = await failureOf(
      console.generate({ max: 100, eos: false }, { onToken: pull, timeoutMs: 5000 }),
    );
    await pulled;
    expect(error).to.include({ code: 'board-reset', failureClass: 'infra-fail' });
  });

  it('starts anew after it, and ends the session', async () => {
    await console.restart();
    await console.hello();
    await console.load(cardFolder);
    await console.sendPrompt(promptIds);
    expect((await console.generate({ max: 2, eos: false })).tokens).to.have.length(2);
    await console.bye();
    expect(console.counters()).to.include({ stale: 0 });
  });

  it('has captured what the parser reads the same again, the seeds’ plain lines too', async () => {
    await console.close();
    await capture.close();
    const again: string[] = [];
    for await (const { event } of readCaptureEvents(folder)) again.push(describeEvent(event));
    expect(again).to.deep.equal(live.map(describeEvent));
    expect((await readCapture(folder)).rx.length).to.equal(console.counters().rxBytes);
    const plain = plainGenerations(live).filter((generation) => generation.completed);
    expect(plain[0]?.tokens).to.have.length(8);
    expect(plain[0]).to.include({ promptTokens: promptIds.length });
    expect(plain[0]?.findings).to.deep.equal([]);
  });
});
