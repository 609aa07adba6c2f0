import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { runTokenrack } from './testing/run-tokenrack.js';

/** A sweep of two variants on the fixture, with an assertion over both. */
const sweepFile = (claim: string): string => `
import { expect } from 'chai';
import { chunkReport, sweep, tokens } from 'tokenrack';
sweep('two ways', {
  base: { prompts: ['Once'], generate: { tokens: 2 }, repeats: 1, warmups: 0, expect: [tokens.equalTheReference()] },
  variants: { streamed: { strategy: 'seed' }, resident: { strategy: 'fast' } },
  report: chunkReport('two ways'),
  expect: {
    'is as claimed': (points) => {
      expect(points.map((point) => point.name)).to.deep.equal(${claim});
    },
  },
});
`;

interface Output {
  readonly verdict: string;
  readonly runs: readonly {
    readonly run: { readonly title: string };
    readonly model: { readonly strategy: string };
  }[];
  readonly reports: readonly { readonly folder: string; readonly text: string }[];
  readonly failures: readonly { readonly class: string; readonly message: string }[];
}

describe('a sweep', function () {
  this.timeout(120_000);
  let folder = '';
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'tokenrack-sweep-'));
  });
  after(() => rm(folder, { recursive: true }));

  async function run(claim: string): Promise<{ code: number; output: Output }> {
    const file = join(folder, 'two-ways.scenario.ts');
    await writeFile(file, sweepFile(claim));
    const { code, out } = await runTokenrack(['run', file, '--json'], { cwd: folder });
    return { code, output: JSON.parse(out) as Output };
  }

  it('runs every variant, and keeps what is said of all of them', async () => {
    const { code, output } = await run("['streamed', 'resident']");
    expect(output.failures).to.deep.equal([]);
    expect(code).to.equal(0);
    expect(output.runs.map((one) => one.model.strategy)).to.deep.equal(['seed', 'fast']);
    const [report] = output.reports;
    expect(report?.text).to.match(/resident.*on the Pareto front/);
    expect(await readFile(join(report!.folder, 'report.txt'), 'utf8')).to.equal(report?.text);
    expect(await readFile(join(report!.folder, 'plot.svg'), 'utf8')).to.contain('</svg>');
    const { runs } = JSON.parse(await readFile(join(report!.folder, 'runs.json'), 'utf8'));
    expect(runs.map((one: { name: string }) => one.name)).to.deep.equal(['streamed', 'resident']);
  });

  it('fails as a product does when what should hold of all variants does not', async () => {
    const { code, output } = await run("['something else']");
    expect(code).to.equal(1);
    expect(output.verdict).to.equal('product-fail');
    expect(output.failures[0]?.message).to.contain('is as claimed');
  });
});
