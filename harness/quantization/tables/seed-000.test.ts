import { expect } from 'chai';
import { formatSection } from './section.js';
import { seed000Sections } from './seed-000.js';
import { promptStatus, SEED_000_PROMPTS } from './seed-000-prompts.js';
import { exampleReport, TINY_LLM } from './testing/example-report.js';

describe('the table of seed 000', () => {
  const naive = exampleReport({
    recipe: { method: 'naive', bits: 8 },
    kl: 0.25,
    bytes: 12_990_720,
    topTokens: [true, false, true, true, true],
  });
  const byRows = exampleReport({ kl: 0.0002, bytes: 13_257_984 });
  const sections = seed000Sections({ model: 'example', config: TINY_LLM, reports: [byRows, naive] });

  it('has a rule for the status that gives what the seed says of each of its prompts', () => {
    for (const { top, kl, status } of SEED_000_PROMPTS) expect(promptStatus(top, kl)).to.equal(status);
  });

  it('puts the naive build and int8 by rows beside the seed, prompt by prompt', () => {
    const fox = sections[0]!.rows[1]!;
    expect(fox.slice(0, 5)).to.deep.equal([
      '"The quick brown fox"',
      'other',
      '14.58',
      '4.87',
      'Some degradation',
    ]);
    expect(fox.slice(5, 9)).to.deep.equal(['other', '0.20', '0.25', 'Some degradation']);
    expect(fox.slice(9)).to.deep.equal(['same', '0.20', '0.00020', 'Good match']);
    expect(sections[0]!.rows.at(-1)).to.include.members(['1 of 5', '4 of 5', '5 of 5', '0.00020']);
  });

  it("says that the seed's count of parameters leaves out the norms, and that its other sizes hold", () => {
    const claims = sections[1]!.claims;
    const parameters = claims.find(({ claim }) => claim.startsWith('Total Parameters'))!;
    expect(parameters).to.deep.include({ holds: 'no', measured: '12,988,992' });
    expect(parameters.why).to.contain('576').and.contain('12,988,416');
    expect(claims.filter(({ holds }) => holds === 'yes').map(({ claim }) => claim)).to.deep.equal([
      '49.55 MB original',
      '12.39 MB quantized',
      '37.16 MB saved',
      '4.0x compression ratio',
      '12 binary files',
    ]);
  });

  it('takes sizes from the reports of the builds, and says where they are arithmetic', () => {
    const small = exampleReport({ recipe: { method: 'naive', bits: 8 }, bytes: 6_495_360 });
    const [, sizes, files] = seed000Sections({ model: 'example', config: TINY_LLM, reports: [small] });
    const heads = (section: typeof sizes) => section!.columns.slice(2).map(({ head }) => head);
    expect(heads(sizes)).to.deep.equal(['int8 naive, as built', 'int8 per row, by arithmetic']);
    expect(sizes!.rows[2]!.slice(2)).to.deep.equal(['6.19 MiB', '12.64 MiB']);
    expect(heads(files)).to.deep.equal(['int8 naive, by arithmetic', 'int8 per row, by arithmetic']);
  });

  it('knows the builds by their recipes, not by their names', () => {
    const renamed = { ...byRows, build: { ...byRows.build, name: 'another-name' } };
    const mixed = exampleReport({
      recipe: { method: 'nearest', bits: 8, exceptions: { lm_head: { bits: 4 } } },
      kl: 3,
    });
    const [prompts] = seed000Sections({ model: 'example', config: TINY_LLM, reports: [mixed, renamed] });
    expect(prompts!.rows.at(-1)).to.include('0.00020');
  });

  it('holds each file against its size, and finds the embedding smaller than said', () => {
    const failed = sections[2]!.claims.filter(({ holds }) => holds === 'no');
    expect(failed.map(({ where }) => where)).to.deep.equal([
      'file structure, embed_tokens.bin',
      'file structure, lm_head.bin',
    ]);
    expect(failed[0]!.measured).to.equal('6,144,000 B');
    expect(sections[2]!.rows.at(-1)!.slice(2)).to.deep.equal([
      '12,990,720',
      (12_990_720 + 4 * 66_816).toLocaleString('en-US'),
    ]);
  });

  it('prints what does not hold, and counts', () => {
    expect(formatSection(sections[1]!)).to.match(
      /does not hold \(arithmetic\): performance metrics: "Total Parameters: 12,988,416"; found 12,988,992 .*\n.*\n7 claims; measured: 3 hold, 0 do not; by arithmetic [^:]*: 2 hold, 2 do not; not measured here: 0/,
    );
  });

  it('compares no sizes for a model of another shape', () => {
    const config = { ...TINY_LLM, hiddenSize: 64, headSize: 32, tiedHead: true };
    const other = seed000Sections({ model: 'other', config, reports: [byRows, naive] });
    expect(other[1]!.claims).to.deep.equal([]);
    expect(other[2]!.rows).to.have.length(12);
  });
});
