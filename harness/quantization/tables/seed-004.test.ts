import { expect } from 'chai';
import { worseThanNaive } from '../lab/worse-than-naive.js';
import { naiveSection } from './better-than-naive.js';
import { formatSection } from './section.js';
import { seed004Sections } from './seed-004.js';
import { type ExampleReport, exampleReport, TINY_LLM } from './testing/example-report.js';

describe('the tables of seed 004', () => {
  const build = (wanted: ExampleReport) => exampleReport(wanted);
  const reports = [
    build({
      recipe: { method: 'nearest', bits: 8 },
      bytes: 13_257_984,
      kl: 0.0002,
      error: 0.006,
      tokensPerSecond: 3,
    }),
    build({
      recipe: { method: 'gptq', bits: 4 },
      bytes: 7_310_000,
      kl: 0.01,
      error: 0.09,
      tokensPerSecond: 5,
    }),
    build({ recipe: { method: 'naive', bits: 4 }, bytes: 7_310_000, kl: 2, lnRatio: 0.3, accepted: false }),
    build({
      recipe: { method: 'qat', bits: 1.58 },
      bytes: 2_900_000,
      kl: 0.4,
      lnRatio: 0.5,
      error: 0.5,
      entropy: 1.5,
      accepted: false,
    }),
  ];
  const sections = seed004Sections({ model: 'example', config: TINY_LLM, reports });
  const section = (title: string) => sections.find((one) => one.title.includes(title))!;
  const claim = (title: string, where: string) =>
    section(title).claims.find((one) => one.where === where) ?? expect.fail(`no claim at ${where}`);

  it('finds by arithmetic that 8 bits from float16 are 2x, not 8x, and no row right', () => {
    const factor = claim('compression', 'compression factor, 8-bit, by its own bytes a weight');
    expect(factor).to.deep.include({ claim: '8x', measured: '2x', holds: 'no' });
    const arithmetic = section('compression').claims.filter(({ where }) => !where.endsWith('measured'));
    expect(arithmetic.map(({ holds }) => holds)).not.to.include('yes');
    const size = claim('compression', 'size of TinyLlama 1.1B, 8-bit');
    expect(size).to.deep.include({ measured: '1100 MB', holds: 'no' });
    expect(size.why).to.contain('2 bits a weight');
  });

  it('measures compression from float16 as stored, of the build that a rule chooses', () => {
    expect(claim('compression', 'compression factor, 8-bit, measured')).to.deep.include({
      measured: '1.96x',
    });
    const four = section('compression').rows[1]!;
    expect(four).to.include('example-int4-gptq');
    expect(claim('compression', 'compression factor, 2-bit, measured').holds).to.equal('not measured');
  });

  it("counts the codes of the lab's own grids, and holds them to the seed's figures exactly", () => {
    const values = (bits: string) => claim('storage', `storage, ${bits}, values`);
    expect(section('storage').rows.map((row) => row[2])).to.deep.equal(['255', '16', '4', '3', '2']);
    expect(values('4-bit')).to.deep.include({ measured: '16', holds: 'yes', basis: 'definition' });
    expect(values('4-bit').why).to.match(
      /^equal to 16; .* -8 \.\. 7, .* naive and nearest never reach -8: 15$/,
    );
    expect(values('8-bit')).to.deep.include({ measured: '255', holds: 'no' });
    expect(values('8-bit').why).to.match(/^less than 256; .* -127 \.\. 127$/);
  });

  it('says that activations are quantized where a matrix in codes multiplies, as the card formats have it', () => {
    const rows = section('planned enhancements').rows;
    const row = rows.find(([what]) => what === 'Activation quantization')!;
    expect(row[1]).to.equal('yes');
    expect(row[2]).to.match(/^16-bit fixed point .*FORMATS/);
    expect(rows.find(([what]) => what === 'Vector Quantization')![1]).to.equal('no');
  });

  it('weighs entropy and error by weights', () => {
    expect(claim('storage', 'storage, 1.58-bit, entropy')).to.deep.include({
      measured: '1.50 bits',
      holds: 'no',
    });
    expect(claim('storage', 'storage, 8-bit, bytes a weight')).to.deep.include({ holds: 'yes' });
    // The head and the embedding are nearly all of the weights: 0.006 and 0.0108.
    expect(claim('relative', 'relative error, 8-bit, inference error').measured).to.match(/^0\.8[67]\d%$/);
  });

  it('sees by the order of KL whether 1.58 bits are better than 4', () => {
    expect(claim('relative', 'quality, from the best')).to.deep.include({
      measured: '8-bit, 4-bit, 1.58-bit',
      holds: 'no',
    });
  });

  it('compares speed-ups with the board, and the column with its own CPU figures', () => {
    expect(claim('speed', 'speed-up, TinyLlama 1.1B, 4-bit, on the board')).to.deep.include({
      measured: '2.5x',
      holds: 'yes',
    });
    expect(claim('speed', 'speed-up, TinyLlama 1.1B, 1-bit, by its own CPU column').holds).to.equal('no');
    expect(claim('speed', 'speed-up, TinyLlama 1.1B, 8-bit, by its own CPU column').holds).to.equal('yes');
    expect(formatSection(section('speed'))).to.contain('clock: modelled');
  });

  it('invents nothing for machines that are not here', () => {
    const machines = [
      ...section('server').claims,
      ...section('hardware').claims,
      ...section('inference speed').claims,
    ];
    const about = machines.filter(({ why }) => why === 'not measured here: no such hardware');
    expect(about).to.have.length(4 + 6 + 12);
    for (const one of about) expect(one).to.include({ measured: '', holds: 'not measured' });
  });

  it('recommends by rule: fastest, smallest and nearest of the accepted', () => {
    const names = section('recommendation').rows.map((row) => row[3]);
    expect(names).to.deep.equal([
      'example-int4-gptq',
      'example-int4-gptq',
      'example-int8-nearest',
      'example-int4-gptq',
    ]);
    expect(claim('recommendation', 'recommendation, Edge/Mobile Deployment').holds).to.equal('no');
    expect(claim('recommendation', 'tradeoff, 1.58-bit')).to.include({
      measured: '0 of 1 builds accepted',
      holds: 'no',
    });
  });

  it('says that nothing was measured where there is no build at all', () => {
    const empty = seed004Sections({ model: 'none', config: TINY_LLM, reports: [] });
    const measured = empty
      .flatMap(({ claims }) => claims)
      .filter(({ where }) => where.includes('on the board'));
    expect(measured).not.to.have.length(0);
    expect(new Set(measured.map(({ holds }) => holds))).to.deep.equal(new Set(['not measured']));
  });

  it('counts no claim as measured whose verdict no build can change', () => {
    const empty = seed004Sections({ model: 'none', config: TINY_LLM, reports: [] });
    const decided = (all: typeof sections) =>
      all.flatMap(({ claims }) => claims).filter(({ holds }) => holds !== 'not measured');
    const fixed = decided(empty);
    expect(fixed).not.to.have.length(0);
    expect(fixed.filter(({ basis }) => basis === 'measured')).to.deep.equal([]);
    const measured = decided(sections).filter(({ basis }) => basis === 'measured');
    expect(measured).not.to.have.length(0);
    for (const { where } of measured) expect(fixed.map((one) => one.where)).not.to.include(where);
  });

  it("finds seed 004's ternary threshold only in a build that has it", () => {
    const methods = (threshold?: number) =>
      seed004Sections({
        model: 'example',
        config: TINY_LLM,
        reports: [build({ recipe: { method: 'nearest', bits: 1.58, threshold } })],
      }).flatMap(({ claims }) => claims.filter(({ where }) => where === 'methods, ternary threshold'))[0];
    expect(methods(0.5)).to.include({ measured: '0.5', holds: 'yes', basis: 'exists' });
    expect(methods()!.holds).to.equal('not measured');
  });

  it('holds each method against naive at its bits', () => {
    const naive = naiveSection({ model: 'example', config: TINY_LLM, reports });
    expect(naive.rows).to.deep.equal([
      ['example-int4-gptq', '4', '+1.01%', '+34.99%', '0.0100', '2.00', '200x'],
    ]);
    expect(naive.claims[0]!.holds).to.equal('yes');
  });

  it('judges against naive by perplexity alone, strictly, as the lab does', () => {
    const equal = [
      build({ recipe: { method: 'naive', bits: 4 }, kl: 2, lnRatio: 0.1 }),
      build({ recipe: { method: 'gptq', bits: 4 }, kl: 1, lnRatio: 0.1 }),
    ];
    const naive = naiveSection({ model: 'example', config: TINY_LLM, reports: equal });
    expect(naive.claims.map(({ holds }) => holds)).to.deep.equal(['no']);
    expect(worseThanNaive(equal)).to.have.length(1);
  });

  it("says where naive is not the seed's quantizer", () => {
    const ternary = (['naive', 'gptq'] as const).map((method) => build({ recipe: { method, bits: 1.58 } }));
    const notes = (some: typeof reports) =>
      naiveSection({ model: 'example', config: TINY_LLM, reports: some }).notes.join();
    expect(notes(ternary)).to.contain('threshold with the least squared error');
    expect(notes(reports)).not.to.contain('threshold');
  });
});
