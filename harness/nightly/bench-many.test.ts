import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect } from 'chai';
import { packageRoot } from '../paths.js';
import type { ManyReport } from './testing/many-report.js';

describe('many virtual boards in one process', () => {
  it('lose no byte, pass to the bit, and stay below 300 MB and 20 MB a board', async function () {
    this.timeout(180_000);
    const program = join(packageRoot, 'dist', 'nightly', 'bench-many.js');
    const args = ['--boards', '16', '--jobs', '24', '--scale', '1', '--short', '--json'];
    const { stdout } = await promisify(execFile)(process.execPath, [program, ...args]);
    const report = JSON.parse(stdout) as ManyReport;
    expect(report.failed).to.deep.equal([]);
    expect(report.lossy).to.deep.equal([]);
    expect([report.passed, report.jobs]).to.deep.equal([24, 24]);
    expect(report.uartBytes).to.be.above(24 * 1000);
    expect(report.peakBytes).to.be.below(300e6 + 16 * 20e6);
    // Jobs this short are mostly their starts; and no board can be faster than its own time.
    expect(report.ratio).to.be.within(1, 10);
  });
});
