import { expect } from 'chai';
import { ConfigError } from '../errors.js';
import { smallModel } from '../model/model-fixtures.js';
import { generateReference } from './generate.js';
import { createOracle, type Oracle } from './oracle.js';
import { crcOf, RunningCrc } from './running-crc.js';
import { perplexityOf, scoreReference } from './score.js';

function oracle(): Oracle {
  return createOracle(smallModel(), { contextLength: 16 });
}

const PROMPT = [1, 7, 3];

describe('reference score', () => {
  it('finds a generation as probable as it was when it was made, from the same logits', () => {
    const options = { maxTokens: 6, temperature: 1, topK: 0, seed: 4, stopAtEnd: false, eosIds: [] };
    const made = generateReference(oracle(), PROMPT, options);
    const { positions } = scoreReference(oracle(), [...PROMPT, ...made.tokens]);
    expect(positions.map(({ position, id }) => [position, id])).to.deep.equal(
      [...PROMPT, ...made.tokens].slice(1).map((id, i) => [i + 1, id]),
    );
    const generated = positions.slice(PROMPT.length - 1);
    expect(generated.map((one) => one.logProbability)).to.deep.equal(made.steps.map((s) => s.logProbability));
    expect(generated.map((one) => one.logitsCrc)).to.deep.equal(made.steps.map((s) => s.logitsCrc));
  });

  it('gives perplexity over what was scored, and none for a single token', () => {
    const { positions, perplexity } = scoreReference(oracle(), PROMPT);
    const [a, b] = positions.map((one) => one.logProbability);
    expect(perplexity).to.be.closeTo(Math.exp(-(a! + b!) / 2), 1e-9);
    expect(scoreReference(oracle(), [1])).to.deep.equal({ positions: [], logitsCrc: '00000000' });
    expect(perplexityOf([])).to.equal(undefined);
    expect(perplexityOf([-Math.LN2, -Math.LN2])).to.be.closeTo(2, 1e-12);
  });

  it('hands out the logits of each position, and runs a CRC over them', () => {
    const crc = new RunningCrc();
    const heard: [number, string][] = [];
    const { positions, logitsCrc } = scoreReference(oracle(), PROMPT, {
      onPosition: ({ position }, logits) => {
        crc.add(logits);
        heard.push([position, crcOf(logits)]);
      },
    });
    expect(heard).to.deep.equal(positions.map((one) => [one.position, one.logitsCrc]));
    expect(heard.map(([position]) => position)).to.deep.equal([1, 2]);
    expect(logitsCrc).to.equal(crc.hex);
  });

  it('refuses what does not fit', () => {
    expect(() => scoreReference(oracle(), [])).to.throw(ConfigError, 'no tokens');
    expect(() => scoreReference(oracle(), new Array(17).fill(1))).to.throw(
      ConfigError,
      '17 tokens do not fit',
    );
  });
});
