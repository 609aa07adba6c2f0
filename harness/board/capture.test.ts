import { appendFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { packageRoot } from '../paths.js';
import { Capture, readCapture } from './capture.js';
import { type CaptureChunk, readCaptureChunks, readCaptureEvents } from './capture-chunks.js';
import { LogParser } from './log-parser.js';
import { describeEvent } from './testing/describe-log.js';

async function chunksOf(folder: string): Promise<CaptureChunk[]> {
  const chunks: CaptureChunk[] = [];
  for await (const chunk of readCaptureChunks(folder)) chunks.push(chunk);
  return chunks;
}

describe('capture', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'capture-'));
  });
  afterEach(() => rm(folder, { recursive: true }));

  it('keeps both directions byte for byte, in order, with their times', async () => {
    const capture = await Capture.open(folder);
    const odd = Uint8Array.of(0, 255, 10, 0xc2, 13);
    capture.tx(Buffer.from('#1 hello a *00000000\n'), 5);
    capture.rx(odd, 10);
    capture.tx(Uint8Array.of(0x18), 11);
    capture.rx(Buffer.from('text\n'), 12);
    await capture.close();
    expect(await chunksOf(folder)).to.deep.equal([
      { dir: 'tx', atUs: 5, bytes: Buffer.from('#1 hello a *00000000\n') },
      { dir: 'rx', atUs: 10, bytes: odd, offset: 0 },
      { dir: 'tx', atUs: 11, bytes: Buffer.from([0x18]) },
      { dir: 'rx', atUs: 12, bytes: Uint8Array.from(Buffer.from('text\n')), offset: 5 },
    ]);
    expect(Buffer.from((await readCapture(folder)).rx)).to.deep.equal(
      Buffer.concat([odd, Buffer.from('text\n')]),
    );
  });

  it('has on disk what passed so far, before it is closed', async () => {
    const capture = await Capture.open(folder);
    capture.rx(Buffer.from('abc'), 1);
    expect(await readFile(join(folder, 'uart.bin'), 'utf8')).to.equal('abc');
    expect(await readFile(join(folder, 'uart.jsonl'), 'utf8')).to.equal(
      '{"dir":"rx","at_us":1,"bytes":3,"offset":0}\n',
    );
    await capture.close();
    await capture.close();
  });

  it('appends to a capture that is there', async () => {
    for (const text of ['one', 'two']) {
      await using capture = await Capture.open(folder);
      capture.rx(Buffer.from(text), 1);
    }
    expect((await chunksOf(folder)).map((chunk) => chunk.dir === 'rx' && chunk.offset)).to.deep.equal([0, 3]);
  });

  it('is read to the end after a crash cut its index short, without times that nobody measured', async () => {
    const capture = await Capture.open(folder);
    capture.rx(Buffer.from('abc'), 1);
    await capture.close();
    await appendFile(join(folder, 'uart.bin'), 'def');
    await appendFile(join(folder, 'uart.jsonl'), '{"dir":"rx","at_');
    expect((await chunksOf(folder)).at(-1)).to.deep.equal({
      dir: 'rx',
      bytes: Uint8Array.from(Buffer.from('def')),
      offset: 3,
    });
  });

  it('says which line of an index is wrong', async () => {
    await writeFile(join(folder, 'uart.bin'), 'abc');
    await writeFile(join(folder, 'uart.jsonl'), 'nonsense\n{"dir":"rx","at_us":1,"bytes":3,"offset":0}\n');
    const error = await chunksOf(folder).catch((caught: unknown) => caught);
    expect(error).to.include({ code: 'capture-malformed', failureClass: 'config-error' });
    expect((error as Error).message).to.include('uart.jsonl:1');
  });

  it('refuses an index that promises bytes which are not there', async () => {
    await writeFile(join(folder, 'uart.bin'), 'abc');
    await writeFile(join(folder, 'uart.jsonl'), '{"dir":"rx","at_us":1,"bytes":9,"offset":0}\n');
    expect(await chunksOf(folder).catch((caught: unknown) => caught)).to.have.property(
      'code',
      'capture-malformed',
    );
  });

  it('says what to do about a folder without a capture, or one that cannot be written', async () => {
    const missing = join(folder, 'missing');
    expect(await chunksOf(missing).catch((caught: unknown) => caught)).to.have.property(
      'code',
      'capture-unreadable',
    );
    expect(await readCapture(missing).catch((caught: unknown) => caught)).to.have.property(
      'code',
      'capture-unreadable',
    );
    expect(await Capture.open(missing).catch((caught: unknown) => caught)).to.include({
      code: 'capture-failed',
      failureClass: 'infra-fail',
    });
  });

  it('reads a recorded session: every command answered, times in order', async () => {
    const recorded = join(packageRoot, 'fixtures', 'logs', 'virtual-first-run');
    const golden = (await readFile(join(recorded, 'events.txt'), 'utf8')).trimEnd().split('\n');
    const events: string[] = [];
    let lastUs = 0;
    for await (const { event, atUs } of readCaptureEvents(recorded)) {
      events.push(describeEvent(event));
      expect(atUs).to.be.at.least(lastUs);
      lastUs = atUs!;
    }
    expect(events).to.deep.equal(golden);
    const sent = (await chunksOf(recorded)).filter((chunk) => chunk.dir === 'tx');
    expect(
      sent.every((chunk) => /^#\d+ .* \*[0-9a-f]{8}\n$/.test(Buffer.from(chunk.bytes).toString())),
    ).to.equal(true);
  });

  it('gives the parser the same events again as the live log did', async () => {
    const log = await readFile(join(packageRoot, 'fixtures', 'logs', 'damaged-session', 'uart.bin'));
    const parser = new LogParser();
    const live: string[] = [];
    {
      await using capture = await Capture.open(folder);
      for (let at = 0; at < log.length; at += 37) {
        const chunk = log.subarray(at, at + 37);
        capture.rx(chunk, at);
        live.push(...parser.push(chunk).map(describeEvent));
      }
      live.push(...parser.end().map(describeEvent));
    }
    const again: string[] = [];
    for await (const { event, atUs } of readCaptureEvents(folder)) {
      again.push(describeEvent(event));
      expect(atUs).to.be.a('number');
    }
    expect(again).to.deep.equal(live);
  });
});
