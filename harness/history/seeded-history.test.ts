import { expect } from 'chai';
import { historyOf } from './history-points.js';
import { noiseSource, slowDownOf } from './noise.js';
import { readRecordedRuns } from './recorded-runs.js';

describe('the seeded history', () => {
  it('is the same for the same runs, and has 30 nights but the silent one, in which something of every class fails', async () => {
    const base = await readRecordedRuns();
    const lastNight = new Date('2026-11-20T00:00:00Z');
    const { results, lines } = historyOf(base, lastNight);
    expect(historyOf(base, lastNight).lines).to.deep.equal(lines);
    expect(new Set(lines.map((line) => `${line.split(' ')[0]} ${line.split(' ').at(-1)}`)).size).to.equal(
      lines.length,
    );
    expect(new Set(results.map(({ run }) => run.startedAt.slice(0, 10))).size).to.equal(29);
    expect([...new Set(results.map(({ verdict }) => verdict))].sort()).to.deep.equal([
      'config-error',
      'harness-bug',
      'inconclusive',
      'infra-fail',
      'pass',
      'product-fail',
    ]);
    expect(new Set(results.map(({ build }) => build.id)).size).to.equal(3);
    expect(new Set(results.map(({ boards }) => boards[0]!.id)).size).to.equal(8);
  });

  it('has the noise of simulated nights: 1.5% over repeats, and 2% of samples half as slow again', () => {
    const slowDown = slowDownOf(noiseSource(1, 1), 0, 0);
    const factors = Array.from({ length: 20_000 }, slowDown);
    const outliers = factors.filter((factor) => factor > 1.3);
    expect(outliers.length / factors.length).to.be.within(0.017, 0.023);
    const usual = factors.filter((factor) => factor <= 1.3);
    const mean = usual.reduce((sum, one) => sum + one, 0) / usual.length;
    const variance = usual.reduce((sum, one) => sum + (one - mean) ** 2, 0) / (usual.length - 1);
    expect(mean).to.be.within(0.999, 1.001);
    expect(Math.sqrt(variance)).to.be.within(0.0145, 0.0155);
    expect(slowDownOf(noiseSource(1, 1), 2, 1)() / factors[0]!).to.be.closeTo(1.01 * 1.01, 1e-12);
  });
});
