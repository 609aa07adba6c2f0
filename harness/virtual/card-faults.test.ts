import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { CounterBlock } from './board-counters.js';
import { Card, type CardRequest, cardErrors } from './card.js';
import { type CardFault, parseCardFault } from './card-faults.js';
import { CardSlot } from './card-slot.js';
import { VirtualClock } from './clock.js';
import { loadCostTable } from './cost-table.js';

describe('unreadable sectors of a card', () => {
  let root = '';

  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'tokenrack-card-faults-'));
    mkdirSync(join(root, 'model'));
    for (const name of ['a.bin', 'b.bin']) writeFileSync(join(root, 'model', name), Buffer.alloc(4096, 7));
  });
  afterEach(() => rmSync(root, { recursive: true }));

  /** Whether each read, `[offset, bytes]`, brings its bytes. */
  function readable(
    fault: CardFault,
    path: string,
    reads: readonly (readonly [number, number])[],
  ): boolean[] {
    const card = Card.insert(root, new CounterBlock(), { faults: [fault] })!;
    const handle = card.open(path);
    const answers = reads.map(([offset, bytes]) =>
      card.transfer(card.request(handle, offset, bytes) as CardRequest, new Uint8Array(bytes)),
    );
    card.eject();
    return answers;
  }

  it('fail every read that touches the sector of such a byte, and no other', () => {
    const reads = [
      [0, 512],
      [511, 2],
      [512, 1],
      [1023, 1],
      [1024, 512],
      [0, 4096],
    ] as const;
    expect(readable({ path: 'model/a.bin', offset: 700 }, 'model/a.bin', reads)).to.deep.equal([
      true,
      false,
      false,
      false,
      true,
      false,
    ]);
  });

  it('reach over as many sectors as their bytes do', () => {
    const fault = { path: 'model/a.bin', offset: 1000, bytes: 25 };
    const reads = [
      [511, 1],
      [512, 1],
      [1535, 1],
      [1536, 1],
    ] as const;
    expect(readable(fault, 'model/a.bin', reads)).to.deep.equal([true, false, false, true]);
  });

  it('are those of one file, however its path is written', () => {
    const all = [[0, 4096]] as const;
    expect(readable({ path: 'model/a.bin', offset: 0 }, 'model/b.bin', all)).to.deep.equal([true]);
    expect(readable({ path: './model//a.bin', offset: 0 }, 'model/a.bin', all)).to.deep.equal([false]);
    expect(readable({ path: '/model/a.bin', offset: 0 }, 'model/./a.bin', all)).to.deep.equal([false]);
  });

  it('cost the time of a read, and the next read works', () => {
    const clock = new VirtualClock();
    const slot = new CardSlot({
      table: loadCostTable(),
      settings: { bounceBuffer: true, cardMode: '1-bit', fastSeek: true },
      clock,
      counters: new CounterBlock(),
      folder: () => root,
      cardFaults: [{ path: 'model/a.bin', offset: 0 }],
    });
    slot.mount();
    const handle = slot.open('model/a.bin');
    const timed = (offset: number): readonly [number, number] => {
      const sinceUs = clock.totalUs;
      const target = () => new Uint8Array(512);
      slot.begin({ handle, offset, bytes: 512, target, destination: 'internal' });
      return [slot.wait(), clock.totalUs - sinceUs];
    };
    const [said, us] = timed(0);
    const [later, laterUs] = timed(1024);
    slot.eject();
    expect([said, later]).to.deep.equal([cardErrors.readError, 0]);
    expect(us).to.be.above(0);
    expect(us).to.equal(laterUs);
  });

  it('are written PATH:OFFSET by people', () => {
    expect(parseCardFault('model/a.bin:700')).to.deep.equal({ path: 'model/a.bin', offset: 700 });
    expect(parseCardFault('a:b.bin:0')).to.deep.equal({ path: 'a:b.bin', offset: 0 });
    for (const text of ['model/a.bin', ':5', 'a.bin:', 'a.bin:-1', 'a.bin:1.5', 'a.bin:0x10'])
      expect(parseCardFault(text), text).to.equal(undefined);
  });
});
