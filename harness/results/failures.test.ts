import { expect } from 'chai';
import { compareWithReference } from './comparison.js';
import type { Evidence } from './evidence.js';
import type { Expectation } from './expectation.js';
import { failuresOf } from './failures.js';
import type { Generation } from './generation.js';
import { judge } from './judge.js';
import { measureGeneration, summarize } from './measure.js';
import { sampleGeneration, samplePlan, sampleReference } from './testing/sample-run.js';
import type { Failure } from './verdict.js';

const tokens: Expectation = { kind: 'tokens-equal-reference' };
const psram: Expectation = { kind: 'at-most', measurement: 'psram_peak', bound: 700_000 };
const boards = ['cam-1', 'cam-2', 'cam-3'];

/** A run of one prompt on three boards. */
function evidence(generations: readonly Generation[], repeats = 1): Evidence {
  const samples = generations.flatMap(measureGeneration);
  const [board] = samplePlan().boards;
  return {
    plan: samplePlan({ boards: boards.map((id) => ({ ...board!, id })), repeats }),
    generations,
    comparisons: generations.map((one) => compareWithReference(one, sampleReference())),
    diagnoses: [],
    samples,
    measurements: summarize(samples, () => false),
    texts: generations.map((one) => one.board),
    checks: [{ title: 'polite', sha256: 'aa', passed: false, message: 'rude' }],
    attempts: [],
  };
}

function failures(
  of: Evidence,
  expectations: readonly Expectation[],
  ended: readonly Failure[] = [],
): Failure[] {
  return failuresOf(
    of,
    expectations.map((one) => judge(one, of)),
    ended,
  );
}

const good = boards.map((board) => sampleGeneration({ board }));
const changed = (wrong: readonly string[], change: Partial<Generation>): Generation[] =>
  good.map((one) => (wrong.includes(one.board) ? { ...one, ...change } : one));
const brief = (found: readonly Failure[]) => found.map((one) => [one.board, one.class, one.message]);

describe('failuresOf', () => {
  it('is empty when everything holds', () => {
    expect(failures(evidence(good), [tokens, psram])).to.deep.equal([]);
  });

  it('names the one board that an outcome concerns, with the words of the outcome', () => {
    const of = evidence(changed(['cam-2'], { psramPeakBytes: 700_001 }));
    const { title, message } = judge(psram, of);
    expect(brief(failures(of, [tokens, psram]))).to.deep.equal([
      ['cam-2', 'product-fail', `${title}: ${message}`],
    ]);
  });

  it('has a failure for each board that an outcome concerns, with its own words', () => {
    const of = evidence(changed(['cam-1', 'cam-3'], { psramPeakBytes: 700_001 }));
    const found = brief(failures(of, [psram]));
    expect(found.map(([board]) => board)).to.deep.equal(['cam-1', 'cam-3']);
    expect(found[1]![2]).to.match(/: cam-3, .*: peak PSRAM is 700/);
  });

  it('judges how the text of each board goes on by that text', () => {
    const begins: Expectation = { kind: 'text-begins', prompt: 'Once upon a time', text: 'cam-' };
    const second: Expectation = { ...begins, text: 'cam-2' };
    expect(failures(evidence(good), [begins])).to.deep.equal([]);
    expect(brief(failures(evidence(good), [second])).map(([board]) => board)).to.deep.equal([
      'cam-1',
      'cam-3',
    ]);
  });

  it('names no board of what concerns all of them', () => {
    const custom: Expectation = { kind: 'custom', title: 'polite', source: '', sha256: 'aa' };
    const found = brief(failures(evidence(good), [custom, { kind: 'exact-identical' }]));
    expect(found.map(([board, kind]) => [board, kind])).to.deep.equal([
      [undefined, 'product-fail'],
      [undefined, 'inconclusive'],
    ]);
    expect(found[0]![2]).to.contain('rude');
  });

  it('does not repeat that data are missing of a board that failed, and does not forget the others', () => {
    const ended: Failure[] = [{ class: 'infra-fail', message: 'no link', board: 'cam-1' }];
    const [, second, third] = good;
    expect(failures(evidence([second!, third!]), [tokens], ended)).to.deep.equal(ended);
    const torn = { ...third!, tokens: third!.tokens.slice(1), missing: [0] };
    const found = brief(failures(evidence([second!, torn]), [tokens], ended));
    expect(found.map(([board, kind]) => [board, kind])).to.deep.equal([
      ['cam-1', 'infra-fail'],
      ['cam-3', 'inconclusive'],
    ]);
  });

  it('tells which board came to no end when nothing was expected', () => {
    const [first, second] = good;
    expect(brief(failures(evidence([first!, second!]), []))).to.deep.equal([
      ['cam-3', 'inconclusive', '2 of 3 generations were completed'],
    ]);
    expect(brief(failures(evidence([]), []))).to.deep.equal([
      [undefined, 'inconclusive', '0 of 3 generations were completed'],
    ]);
    const ended: Failure[] = [{ class: 'infra-fail', message: 'no link', board: 'cam-1' }];
    expect(brief(failures(evidence([second!]), [], ended)).slice(1)).to.deep.equal([
      ['cam-3', 'inconclusive', '0 of 1 generations were completed'],
    ]);
  });
});
