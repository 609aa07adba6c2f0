import { expect } from 'chai';
import { exampleReport } from '../tables/testing/example-report.js';
import { type AcceptanceFacts, judgeAcceptance, judgedNow } from './judge-acceptance.js';

const good: AcceptanceFacts = {
  lnRatio: { value: Math.log(1.0199), standardError: 0.01 },
  positions: 1000,
  speed: { ratio: 1.5 },
  size: { buildBytes: 115, float16Bytes: 400, widestBits: 4 },
  faults: [],
};

const broken = (change: Partial<AcceptanceFacts>): string[] =>
  judgeAcceptance({ ...good, ...change })
    .rules.filter(({ passed }) => !passed)
    .map(({ rule }) => rule);

describe('judgeAcceptance', () => {
  it('accepts what is just within every limit', () => {
    expect(judgeAcceptance(good).accepted).to.equal(true);
    expect(judgeAcceptance({ ...good, speed: { ratio: 1.4999 } }).accepted).to.equal(false);
  });

  it('judges perplexity by its point value, shows the error, and takes no NaN', () => {
    expect(broken({ lnRatio: { value: Math.log(1.02) } })).to.deep.equal(['perplexity']);
    expect(broken({ lnRatio: { value: Math.log(1.0201), standardError: 1 } })).to.deep.equal(['perplexity']);
    expect(broken({ lnRatio: { value: Number.NaN } })).to.deep.equal(['perplexity']);
    expect(judgeAcceptance(good).rules[0]!.message).to.equal('perplexity +1.99% +- 1.02%, must be below +2%');
  });

  it('leaves perplexity undecided over fewer than 1,000 positions, however good it is', () => {
    const few = { lnRatio: { value: -0.0267, standardError: 0.029 }, positions: 999 };
    expect(broken(few)).to.deep.equal(['perplexity']);
    const { accepted, rules } = judgeAcceptance({ ...good, ...few });
    expect(accepted).to.equal(false);
    expect(rules[0]!.message).to.equal(
      'perplexity -2.63% +- 2.82%, undecided: 999 positions, at least 1,000 are asked',
    );
    expect(broken({ ...few, positions: 1000 })).to.deep.equal([]);
    const task = { source: 'task.jsonl', questions: 1000, chance: 0.25, base: 0.8, build: 0.8 };
    expect(broken({ ...few, task }), 'a task has enough of its own').to.deep.equal([]);
  });

  it('says how many times where a perplexity more than doubled', () => {
    const [rule] = judgeAcceptance({
      ...good,
      lnRatio: { value: Math.log(222_264), standardError: 0.1 },
    }).rules;
    expect(rule!.message).to.equal('perplexity 222,264 times, must be below +2%');
  });

  it('lets the accuracy of a task stand for perplexity', () => {
    const lnRatio = { value: 1 };
    const task = { source: 'task.jsonl', questions: 1000, chance: 0.25, base: 0.8, build: 0.7801 };
    expect(broken({ lnRatio, task })).to.deep.equal([]);
    expect(broken({ lnRatio, task: { ...task, build: 0.775 } })).to.deep.equal(['perplexity']);
    expect(broken({ task: { ...task, build: 0.1 } }), 'one of both is enough').to.deep.equal([]);
    expect(judgeAcceptance({ ...good, task }).rules[0]!.message).to.match(
      /; or task accuracy -1.99 points, must fall by less than 2$/,
    );
  });

  it('lets no task decide that is too small, or that float32 guesses at', () => {
    const lnRatio = { value: 1 };
    const task = { source: 'task.jsonl', questions: 50, chance: 0.5, base: 0.9, build: 0.9 };
    expect(broken({ lnRatio, task })).to.deep.equal([]);
    expect(broken({ lnRatio, task: { ...task, questions: 49 } })).to.deep.equal(['perplexity']);
    const guessing = { ...task, base: 0.64, build: 0.64 };
    expect(broken({ lnRatio, task: guessing })).to.deep.equal(['perplexity']);
    expect(judgeAcceptance({ ...good, task: guessing }).rules[0]!.message).to.match(
      /task accuracy \+0.00 points decides nothing: float32 answers 64.0% right, guessing 50.0%$/,
    );
  });

  it('takes a quarter of float16 up to 4 bits, half above, and 15% for scales', () => {
    const size = { buildBytes: 116, float16Bytes: 400, widestBits: 4 };
    expect(broken({ size })).to.deep.equal(['size']);
    expect(broken({ size: { ...size, widestBits: 8 } })).to.deep.equal([]);
    expect(broken({ size: { ...size, buildBytes: 231, widestBits: 8 } })).to.deep.equal(['size']);
  });

  it('accepts nothing without a speed, nor with a fault', () => {
    expect(broken({ speed: { why: 'no card format' } })).to.deep.equal(['speed']);
    expect(broken({ faults: ['"Once": empty'] })).to.deep.equal(['generation']);
  });
});

describe('judgedNow', () => {
  const over = (positions: number, accepted = true) => {
    const report = exampleReport({ accepted });
    const { quality } = report;
    return { ...report, quality: { ...quality, text: { ...quality.text, positions } } };
  };

  it('leaves a report alone that has positions enough', () => {
    for (const report of [over(1000), over(1000, false)])
      expect(judgedNow(report)).to.equal(report.acceptance);
  });

  it('takes back what was accepted on too few, and accepts nothing anew', () => {
    expect(judgedNow(over(999))).to.deep.equal({
      accepted: false,
      rules: [
        {
          rule: 'perplexity',
          passed: false,
          message: 'perplexity +1.01% +- 0.10%, undecided: 999 positions, at least 1,000 are asked',
        },
      ],
    });
    const task = { source: 'task.jsonl', questions: 1000, chance: 0.25, base: 0.8, build: 0.8 };
    const asked = (report: ReturnType<typeof over>) =>
      judgedNow({ ...report, quality: { ...report.quality, task } }).accepted;
    expect([asked(over(999)), asked(over(999, false))]).to.deep.equal([true, false]);
  });
});
