import { expect } from 'chai';
import type { RunResult } from '../../results/result.js';
import { exampleReport } from '../tables/testing/example-report.js';
import { runTable, withSpeed } from './score-runs.js';

describe('scores beside runs', () => {
  const run = (tokensPerSecond: number, verdict: 'pass' | 'infra-fail' = 'pass') =>
    ({
      verdict,
      failures: verdict === 'pass' ? [] : [{ message: 'no loader answered' }],
      expectations: [],
      measurements: Object.entries({
        decode_rate: tokensPerSecond,
        time_to_first_token: 5000,
        load_time: 200_000,
        psram_peak: 150_000,
        heap_peak: 50_000,
      }).map(([name, value]) => ({ name, value, board: 'cam-1' })),
      boards: [{ id: 'cam-1', clock: 'modelled', limits: { cardMode: '1-bit' } }],
      model: { strategy: 'fast' },
      conformity: [{ tokensEqual: 8, tokensTotal: 8 }],
    }) as unknown as RunResult;

  it('takes the speed from the runs and judges again', () => {
    const alone = exampleReport({ recipe: { method: 'gptq', bits: 4 }, bytes: 7_000_000, accepted: false });
    const report = withSpeed(alone, 4, run(50), run(200));
    expect(report.speed).to.include({ ratio: 4, clock: 'modelled', board: 'cam-1', cardMode: '1-bit' });
    expect(report.acceptance.accepted).to.equal(true);
    expect(withSpeed(alone, 4, run(50), run(60)).acceptance.rules[1]).to.include({ passed: false });
  });

  it('accepts nothing on a run that was no pass, be it of float32', () => {
    const alone = exampleReport();
    const { speed: _speed, ...unmeasured } = alone;
    const report = withSpeed(unmeasured, 8, run(50, 'infra-fail'), run(200));
    expect(report.speed).to.equal(undefined);
    expect(report.acceptance.rules[1]!.message).to.contain('float32').and.contain('no loader answered');
  });

  it('puts each build beside its own run', () => {
    const report = withSpeed(exampleReport(), 8, run(50), run(200));
    const table = runTable([{ report, run: { name: 'int8', result: run(200) } }], {
      name: 'float32',
      result: run(50),
    });
    expect(table).to.match(/float32 .* 50 tokens\/s +1\.00x .* 8 of 8\n/);
    expect(table).to.match(
      /example-int8-nearest .* 200 tokens\/s +4\.00x +5 ms +200 ms +150 KB +8 of 8 +yes\n/,
    );
    expect(table).to.contain('clock: modelled');
  });
});
