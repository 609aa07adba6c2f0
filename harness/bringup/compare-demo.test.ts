import { expect } from 'chai';
import { looseVirtualBoard } from '../rack/rack-file.js';
import { compareResults, twinOf } from './compare-demo.js';

const measurement = (name: 'decode_rate' | 'stage_head', prompt: string, value: number) => ({
  name,
  unit: '',
  kind: 'timed' as const,
  board: 'cam-1',
  prompt,
  value,
  samples: [value],
});

describe('compareResults', () => {
  it('pairs prompts, and names the worst', () => {
    const measured = {
      measurements: [measurement('decode_rate', 'a', 2), measurement('decode_rate', 'b', 4)],
    };
    const modelled = {
      measurements: [measurement('decode_rate', 'b', 4.4), measurement('decode_rate', 'a', 2)],
    };
    const [row] = compareResults(measured, modelled);
    expect(row).to.include({ name: 'decode_rate', measured: 3, modelled: 3.2 });
    expect(row!.worstRelativeError).to.be.closeTo(0.1, 1e-12);
  });

  it('leaves out what one of them lacks, or what took no time', () => {
    const measured = {
      measurements: [measurement('decode_rate', 'a', 2), measurement('stage_head', 'a', 0)],
    };
    expect(compareResults(measured, { measurements: [measurement('stage_head', 'a', 1)] })).to.deep.equal([]);
  });
});

describe('twinOf', () => {
  it('has the board’s wiring, its table and a MAC of its own', () => {
    const board = { ...looseVirtualBoard('24:6f:28:00:00:01'), id: 'cam-1' };
    const wiring = { cardMode: '4-bit', bounceBuffer: false, fastSeek: true } as const;
    const twin = twinOf({ board, revision: 100, wiring, costTable: '/table.json' });
    expect(twin).to.include({
      id: 'cam-1-model',
      mac: '26:6f:28:00:00:01',
      link: 'virtual',
      chip_revision: 100,
      card_mode: '4-bit',
      bounce_buffer: false,
      cost_table: '/table.json',
    });
  });
});
