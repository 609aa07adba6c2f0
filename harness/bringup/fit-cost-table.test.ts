import { expect } from 'chai';
import { loadCostTable } from '../virtual/cost-table.js';
import type { CardSample, KernelSample, Observations } from './bringup-record.js';
import type { EntryName } from './cost-entries.js';
import { type CostFit, fitCostTable } from './fit-cost-table.js';

const base = loadCostTable();
const origin = { mac: '24:6f:28:00:00:01', date: '2026-11-21' };

/** A board with fixed costs, which the packaged table has no entries for: 2 us a call, 150 us a request. */
function kernelSamples(psram = true): KernelSample[] {
  const inside = [32, 192, 1024].map((size) => kernel(size, 1, 'internal'));
  return psram ? [...inside, kernel(1024, 64, 'psram')] : inside;
}

function kernel(size: number, calls: number, memory: KernelSample['memory']): KernelSample {
  const bytes = size * calls * 4;
  const passUs = 2 * calls + 0.025 * size * calls + (memory === 'psram' ? bytes / 16 : 0);
  return { kernel: 'dot', memory, size, calls, bytes, pass_us: passUs };
}

/** 4 MB/s into internal RAM; a seek 800 us; a byte into PSRAM takes `extraUs` more. */
function cardSamples(extraUs: number): CardSample[] {
  return (['internal', 'psram'] as const).flatMap((memory) =>
    [512, 8192, 65_536].flatMap((block) =>
      (['sequential', 'scattered'] as const).map((pattern) => {
        const reads = 8;
        const seeks = pattern === 'sequential' ? 1 : reads;
        const bytes = reads * block;
        const us = 150 * reads + 800 * seeks + bytes * (0.25 + (memory === 'psram' ? extraUs : 0));
        return { memory, block, pattern, reads, seeks, bytes, us, min_us: us / reads, max_us: us / reads };
      }),
    ),
  );
}

function observations(parts: Partial<Observations> = {}): Observations {
  return {
    uart: [],
    recommended_baud: 921_600,
    kernels: kernelSamples(),
    card: cardSamples(0.1),
    writes: [256, 512, 1024].map((bytes) => ({ bytes, us: (bytes - 128) * 86.8 })),
    heap_bytes: 290_000,
    psram_bytes: 4_194_304,
    missing: [],
    ...parts,
  };
}

function measuredValue(fit: CostFit, name: EntryName): number | undefined {
  const entry = fit.entries.find((one) => one.name === name);
  return entry?.measured === true ? entry.value : undefined;
}

describe('fitCostTable', () => {
  it('parts fixed costs from costs a unit, and PSRAM from compute', () => {
    const fit = fitCostTable(observations(), base, origin);
    expect(measuredValue(fit, 'kernels.float32Dot')).to.be.closeTo(0.025 * 240, 1e-6);
    expect(measuredValue(fit, 'memory.psramBandwidth')).to.be.closeTo(16, 1e-6);
    expect(fit.kernels!.kernels.get('dot')!.fixedUs).to.be.closeTo(2, 1e-6);
  });

  it('parts requests, bytes and seeks of the card', () => {
    const fit = fitCostTable(observations(), base, origin);
    expect(fit.wiring).to.deep.equal({ cardMode: '1-bit', bounceBuffer: true, fastSeek: true });
    expect(fit.card!.readUs).to.be.closeTo(150, 1e-6);
    expect(measuredValue(fit, 'card.sequentialOneBit')).to.be.closeTo(4, 1e-6);
    expect(measuredValue(fit, 'card.seekUs')).to.be.closeTo(800, 1e-6);
    expect(measuredValue(fit, 'memory.copyToPsramBandwidth')).to.be.closeTo(10, 1e-6);
    expect(measuredValue(fit, 'card.directToPsram')).to.equal(undefined);
  });

  it('takes crawling reads into PSRAM for reads without a bounce buffer', () => {
    const fit = fitCostTable(observations({ card: cardSamples(4.75) }), base, origin);
    expect(fit.wiring.bounceBuffer).to.equal(false);
    expect(measuredValue(fit, 'card.directToPsram')).to.be.closeTo(0.2, 1e-6);
    expect(measuredValue(fit, 'memory.copyToPsramBandwidth')).to.equal(undefined);
  });

  it('shares a seek out when only its sum with the chain walk shows', () => {
    const wiring = { cardMode: '4-bit', bounceBuffer: true, fastSeek: false } as const;
    const fit = fitCostTable(observations(), base, { ...origin, wiring });
    const { seekUs, chainWalkUs } = fit.table.card;
    expect(seekUs.value + chainWalkUs.value).to.be.closeTo(800, 1e-6);
    expect(seekUs.value / chainWalkUs.value).to.be.closeTo(1 / 26, 1e-9);
    expect(chainWalkUs.source).to.contain('only the sum');
    expect(measuredValue(fit, 'card.sequentialFourBit')).to.be.closeTo(4, 1e-6);
  });

  it('keeps all of the card’s figures on a board without a card, and says so', () => {
    const fit = fitCostTable(observations({ card: [] }), base, origin);
    expect(fit.table.card.seekUs.value).to.equal(base.card.seekUs.value);
    expect(fit.table.card.seekUs.source).to.match(
      /^not measured by bringup on 24:6f:28:00:00:01 \(there are no samples of it\); assumed/,
    );
    expect(fit.table.card.mountUs.value).to.equal(base.card.mountUs.value);
  });

  it('fits the kernels of a board without PSRAM', () => {
    const seen = observations({ kernels: kernelSamples(false), psram_bytes: 0 });
    const fit = fitCostTable(seen, base, origin);
    expect(measuredValue(fit, 'kernels.float32Dot')).to.be.closeTo(6, 1e-6);
    expect(measuredValue(fit, 'memory.psramBandwidth')).to.equal(undefined);
    expect(fit.table.memory.psramBytes.value, 'a size of 0 is none').to.equal(base.memory.psramBytes.value);
  });

  it('does not believe what no board has', () => {
    const faster = kernelSamples().map((one) =>
      one.memory === 'psram' ? { ...one, pass_us: one.pass_us / 20 } : one,
    );
    const fit = fitCostTable(observations({ kernels: faster }), base, origin);
    expect(measuredValue(fit, 'memory.psramBandwidth')).to.equal(undefined);
    expect(fit.table.memory.psramBandwidth.source).to.contain('which no board has');
  });

  it('finds the FIFO in what output does not wait for', () => {
    expect(measuredValue(fitCostTable(observations(), base, origin), 'uart.txFifoBytes')).to.equal(128);
  });
});
