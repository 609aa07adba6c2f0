import { expect } from 'chai';
import { compareWithReference } from './comparison.js';
import type { Evidence } from './evidence.js';
import type { Expectation } from './expectation.js';
import type { Generation } from './generation.js';
import { judge } from './judge.js';
import { measureGeneration, summarize } from './measure.js';
import type { Plan } from './plan.js';
import { sampleGeneration, samplePlan, sampleReference, screenedGeneration } from './testing/sample-run.js';

function evidence(generations: readonly Generation[], plan: Partial<Plan> = {}): Evidence {
  const samples = generations.flatMap(measureGeneration);
  return {
    plan: samplePlan(plan),
    generations,
    comparisons: generations.map((one) => compareWithReference(one, sampleReference())),
    diagnoses: [],
    samples,
    measurements: summarize(samples, () => false),
    texts: generations.map(() => ', there was a fox'),
    checks: [{ title: 'polite', sha256: 'aa', passed: true }],
    attempts: [],
  };
}

const tokens: Expectation = { kind: 'tokens-equal-reference' };
const logits: Expectation = { kind: 'logits-equal-reference' };
const identical: Expectation = { kind: 'exact-identical' };

/** The sample with one token replaced. */
function withToken(step: number, change: Partial<Generation['tokens'][number]>): Generation {
  const base = sampleGeneration();
  return {
    ...base,
    tokens: base.tokens.map((token, index) => (index === step ? { ...token, ...change } : token)),
  };
}

describe('judge', () => {
  it('passes a board that says what the reference says', () => {
    for (const expectation of [tokens, logits]) {
      expect(judge(expectation, evidence([sampleGeneration()]))).to.deep.include({ verdict: 'pass' });
    }
  });

  it('names the first step whose token differs', () => {
    const outcome = judge(tokens, evidence([withToken(1, { id: 99 })]));
    expect(outcome.verdict).to.equal('product-fail');
    expect(outcome.message).to.equal(
      'cam-1, "Once upon a time", repeat 1: step 1 made token 99, the reference made 12',
    );
  });

  it('names the first step whose logits differ, though the tokens are equal', () => {
    const wrong = withToken(2, { logitsCrc: 'deadbeef' });
    expect(judge(tokens, evidence([wrong])).verdict).to.equal('pass');
    const outcome = judge(logits, evidence([wrong]));
    expect(outcome.verdict).to.equal('product-fail');
    expect(outcome.message).to.contain('step 2 (CRC deadbeef, reference cccccccc)');
  });

  it('is inconclusive when generations are missing, and never a pass', () => {
    expect(judge(tokens, evidence([], { repeats: 3 }))).to.deep.include({
      verdict: 'inconclusive',
      message: '0 of 3 generations were completed',
    });
    expect(judge(tokens, evidence([sampleGeneration()], { repeats: 3 })).verdict).to.equal('inconclusive');
  });

  it('does not blame the build for token records that were lost on the wire', () => {
    const base = sampleGeneration();
    const torn = { ...base, tokens: base.tokens.filter((_, index) => index !== 1), missing: [1] };
    expect(judge(tokens, evidence([torn])).verdict).to.equal('inconclusive');
    expect(judge(logits, evidence([torn])).verdict).to.equal('inconclusive');
  });

  it('is inconclusive about logits that were not taken', () => {
    const base = sampleGeneration();
    const bare = { ...base, tokens: base.tokens.map(({ logitsCrc: _, ...token }) => token) };
    expect(judge(logits, evidence([bare])).verdict).to.equal('inconclusive');
  });

  it('passes a screened board on what it computed, and says what was compared', () => {
    expect(judge(tokens, evidence([screenedGeneration()]))).to.deep.include({ verdict: 'pass' });
    expect(judge(logits, evidence([screenedGeneration()]))).to.deep.include({
      verdict: 'pass',
      message: "3 of 3 tokens equal; winners' logits equal to the bit, the other logits are not known",
    });
    expect(judge(logits, evidence([sampleGeneration()]))).not.to.have.property('message');
  });

  it("fails a screened board one of whose winners' logits differs in a bit", () => {
    const base = screenedGeneration();
    const wrong = base.tokens.map((one, step) => (step === 1 ? { ...one, logitBits: '41200001' } : one));
    const outcome = judge(logits, evidence([{ ...base, tokens: wrong }]));
    expect(outcome.verdict).to.equal('product-fail');
    expect(outcome.message).to.contain(
      "winners' logits differ first at step 1 (bits 41200001, reference 41200000)",
    );
  });

  it('does not know the logits of a wrong token that a screen chose', () => {
    const base = screenedGeneration();
    const wrong = base.tokens.map((one, step) => (step === 2 ? { ...one, id: 99 } : one));
    const outcomes = [tokens, logits].map((one) => judge(one, evidence([{ ...base, tokens: wrong }])));
    expect(outcomes.map(({ verdict }) => verdict)).to.deep.equal(['product-fail', 'inconclusive']);
    expect(outcomes[1]!.message).to.contain('step 2 made another token');
  });

  it('does not let what was compared stand for generations that are missing', () => {
    const outcome = judge(logits, evidence([screenedGeneration()], { repeats: 2 }));
    expect(outcome).to.deep.include({
      verdict: 'inconclusive',
      message: '1 of 2 generations were completed',
    });
  });

  it("fails repeats of a screened board whose winners' logits differ from each other", () => {
    const base = screenedGeneration({ repeat: 2 });
    const other = base.tokens.map((one, step) => (step === 0 ? { ...one, logitBits: '41000001' } : one));
    const both = (second: Generation) =>
      judge(identical, evidence([screenedGeneration(), second], { repeats: 2 })).verdict;
    expect(both(base)).to.equal('pass');
    expect(both({ ...base, tokens: other })).to.equal('product-fail');
  });

  it('fails exact measurements that differ between repeats, naming both values', () => {
    const second = sampleGeneration({ repeat: 2, psramPeakBytes: 700_001 });
    const outcome = judge(identical, evidence([sampleGeneration(), second], { repeats: 2 }));
    expect(outcome.verdict).to.equal('product-fail');
    expect(outcome.message).to.contain('peak PSRAM is 700001, at repeat 1 it was 700000');
  });

  it('fails repeats whose logits differ from each other', () => {
    const second = sampleGeneration({ repeat: 2, logitsCrc: '00000000' });
    expect(judge(identical, evidence([sampleGeneration(), second], { repeats: 2 })).verdict).to.equal(
      'product-fail',
    );
  });

  it('needs two repeats to say that they are identical', () => {
    expect(judge(identical, evidence([sampleGeneration()])).verdict).to.equal('inconclusive');
  });

  it('lets a timed measurement differ between repeats', () => {
    const second = sampleGeneration({
      repeat: 2,
      times: { firstTokenUs: 1, lastTokenUs: 9, timeToFirstTokenUs: 5 },
    });
    expect(judge(identical, evidence([sampleGeneration(), second], { repeats: 2 })).verdict).to.equal('pass');
  });

  it('judges bounds at the bound and beyond it', () => {
    const bound = (kind: 'at-most' | 'at-least' | 'equals', limit: number) =>
      judge({ kind, measurement: 'psram_peak', bound: limit }, evidence([sampleGeneration()])).verdict;
    expect(bound('at-most', 700_000)).to.equal('pass');
    expect(bound('at-most', 699_999)).to.equal('product-fail');
    expect(bound('at-least', 700_000)).to.equal('pass');
    expect(bound('at-least', 700_001)).to.equal('product-fail');
    expect(bound('equals', 700_001)).to.equal('product-fail');
  });

  it('is inconclusive about a bound on what was not measured', () => {
    const expectation: Expectation = { kind: 'at-most', measurement: 'load_time', bound: 1 };
    expect(judge(expectation, evidence([sampleGeneration()])).verdict).to.equal('inconclusive');
  });

  it('takes a custom assertion as it came out, unless data are missing or its source is another', () => {
    const custom = (sha256: string): Expectation => ({ kind: 'custom', title: 'polite', source: '', sha256 });
    expect(judge(custom('aa'), evidence([sampleGeneration()])).verdict).to.equal('pass');
    expect(judge(custom('bb'), evidence([sampleGeneration()])).verdict).to.equal('inconclusive');
    expect(judge(custom('aa'), evidence([])).verdict).to.equal('inconclusive');
  });

  it('judges how a text goes on', () => {
    const begins = (text: string) =>
      judge({ kind: 'text-begins', prompt: 'Once upon a time', text }, evidence([sampleGeneration()]))
        .verdict;
    expect(begins(', there was')).to.equal('pass');
    expect(begins(', there is')).to.equal('product-fail');
  });
});
