import { expect } from 'chai';
import { VirtualClock } from './clock.js';
import { CoreClocks } from './core-clocks.js';
import { streamUs, workUs } from './cost-model.js';
import { loadCostTable } from './cost-table.js';
import type { Region } from './memory-map.js';
import { type CoreLoad, sectionUs } from './two-cores.js';

const table = loadCostTable();

/** A float32 dot of `macs` multiply-accumulates over weights of 4 bytes in `region`. */
const dot = (macs: number, region: Region): CoreLoad => ({
  us: workUs(table, 0, macs, region, 4 * macs),
  busUs: streamUs(table, region, 4 * macs),
});

describe('two cores', () => {
  it('take half the time when compute bounds them, and the longer half when the halves are unequal', () => {
    const whole = dot(24_000, 'internal').us;
    expect(sectionUs([dot(12_000, 'internal'), dot(12_000, 'internal')], 0)).to.be.closeTo(whole / 2, 1e-9);
    expect(sectionUs([dot(18_000, 'internal'), dot(6_000, 'internal')], 0)).to.be.closeTo(
      (3 * whole) / 4,
      1e-9,
    );
    expect(sectionUs([dot(6_000, 'internal'), dot(18_000, 'internal')], 0)).to.be.closeTo(
      (3 * whole) / 4,
      1e-9,
    );
  });

  it('stream no faster than the bus: twice N bytes of PSRAM take what the bus takes for them', () => {
    const copying: CoreLoad = {
      us: streamUs(table, 'psram', 40_000),
      busUs: streamUs(table, 'psram', 40_000),
    };
    expect(sectionUs([copying, copying], 0)).to.equal(80_000 / table.memory.psramBandwidth.value);
  });

  it('are called and called back, whatever they did', () => {
    expect(sectionUs([dot(0, 'internal'), dot(0, 'internal')], 15)).to.equal(15);
    const psram = dot(10_000, 'psram');
    expect(sectionUs([psram, psram], 15)).to.equal(80_000 / 20 + 15);
  });

  it('hide their compute behind the bus that the other one uses, but no more than that', () => {
    const [psram, flash] = [dot(10_000, 'psram'), dot(10_000, 'flash')];
    expect(psram.us).to.be.closeTo(10_000 * (5.1 / 240) + 40_000 / 20, 1e-9);
    expect(sectionUs([psram, flash], 0)).to.equal(80_000 / 20);
    expect(sectionUs([psram, dot(1000, 'internal')], 0), 'the bus is free for one').to.equal(psram.us);
  });
});

describe('core clocks', () => {
  const makeClocks = () => {
    const seen: number[] = [];
    const clock = new VirtualClock(1000, (totalUs) => seen.push(totalUs));
    return { seen, clock, cores: new CoreClocks(clock, 0.5) };
  };

  it('charge the board outside a section', () => {
    const { seen, cores } = makeClocks();
    cores.charge(5, 5);
    expect(cores.sinceResetUs).to.equal(5);
    expect(seen).to.deep.equal([1005]);
  });

  it('give each core its own time from the same start, and the board the join only', () => {
    const { seen, cores } = makeClocks();
    cores.charge(7, 0);
    cores.begin();
    cores.charge(10, 0);
    cores.charge(20, 0);
    expect(cores.sinceResetUs).to.equal(37);
    cores.switch();
    expect(cores.sinceResetUs, 'back at the start').to.equal(7);
    cores.charge(25, 0);
    expect(cores.sinceResetUs).to.equal(32);
    expect(cores.inSection).to.equal(true);
    expect(seen, 'the board stands still').to.deep.equal([1007]);
    cores.end();
    expect(cores.inSection).to.equal(false);
    expect(cores.sinceResetUs, 'and what the section itself took').to.equal(37.5);
    expect(seen).to.deep.equal([1007, 1037.5]);
  });

  it('join where the bus is done with the bytes of both', () => {
    const { clock, cores } = makeClocks();
    cores.begin();
    cores.charge(30, 20);
    cores.switch();
    cores.charge(25, 15);
    cores.charge(1, 1);
    cores.end();
    expect(clock.totalUs).to.equal(1036.5);
  });

  it('refuse calls out of order', () => {
    const { cores } = makeClocks();
    expect(() => cores.switch()).to.throw(RangeError, 'no parallel section');
    expect(() => cores.end()).to.throw(RangeError, 'no parallel section');
    cores.begin();
    expect(() => cores.begin()).to.throw(RangeError, 'begun already');
    expect(() => cores.end()).to.throw(RangeError, 'had no turn');
    cores.switch();
    expect(() => cores.switch()).to.throw(RangeError, 'no third core');
  });
});
