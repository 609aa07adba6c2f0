import { expect } from 'chai';
import { ConfigError } from '../errors.js';
import { crc32 } from '../model/crc32.js';
import { smallModel } from '../model/model-fixtures.js';
import { type GenerateOptions, generateReference } from './generate.js';
import { topToken } from './largest-logits.js';
import { logProbability } from './log-probability.js';
import { createOracle, type Oracle } from './oracle.js';

const PROMPT = [1, 7, 3];

function oracle(contextLength = 16): Oracle {
  return createOracle(smallModel(), { contextLength });
}

function options(change: Partial<GenerateOptions> = {}): GenerateOptions {
  return { maxTokens: 6, temperature: 0, topK: 0, seed: 1, stopAtEnd: false, eosIds: [2], ...change };
}

/** Greedy, with every logit made, and nothing of generate.ts. */
function greedyLogits(prompt: readonly number[], count: number): Float32Array[] {
  const own = oracle();
  const made: Float32Array[] = [];
  const ids = [...prompt];
  for (let position = 0; made.length < count; position++) {
    const logits = own.forward(ids[position]!, position).slice();
    if (position < prompt.length - 1) continue;
    made.push(logits);
    ids.push(topToken(logits));
  }
  return made;
}

function hex(value: number): string {
  return value.toString(16).padStart(8, '0');
}

function bytes(values: Float32Array): Uint8Array {
  const view = new DataView(new ArrayBuffer(values.length * 4));
  for (const [i, value] of values.entries()) view.setFloat32(i * 4, value, true);
  return new Uint8Array(view.buffer);
}

describe('reference generation', () => {
  it('continues greedily, and says of each step what a board can be held to', () => {
    const expected = greedyLogits(PROMPT, 6);
    const made = generateReference(oracle(), PROMPT, options());
    expect(made.tokens).to.deep.equal(expected.map(topToken));
    expect(made.steps.map((step) => step.id)).to.deep.equal(made.tokens);
    for (const [i, step] of made.steps.entries()) {
      expect(step.logit).to.equal(expected[i]![step.id]);
      expect(step.logProbability).to.equal(logProbability(expected[i]!, step.id));
      expect(step.logitsCrc).to.equal(hex(crc32(bytes(expected[i]!))));
      expect(step.top5).to.have.length(5);
      expect(step.top5[0]).to.deep.equal({ id: step.id, logit: expected[i]![step.id] });
      expect(step).not.to.have.property('logits');
    }
    expect(made.stop).to.equal('max');
  });

  it('runs one CRC over ids, and one over the logits that chose them', () => {
    const made = generateReference(oracle(), PROMPT, options());
    const logits = greedyLogits(PROMPT, 6).reduce((crc, one) => crc32(bytes(one), crc), 0);
    expect(made.logitsCrc).to.equal(hex(logits));
    const ids = Buffer.alloc(4 * made.tokens.length);
    for (const [i, id] of made.tokens.entries()) ids.writeUInt32LE(id, 4 * i);
    expect(made.tokensCrc).to.equal(hex(crc32(ids)));
  });

  it('forgets what the oracle saw before', () => {
    const used = oracle();
    generateReference(used, [9, 8, 7, 6, 5], options());
    expect(generateReference(used, PROMPT, options())).to.deep.equal(
      generateReference(oracle(), PROMPT, options()),
    );
  });

  it('stops at an end token, which it reports, even when it is the last that may come', () => {
    const [first, second] = generateReference(oracle(), PROMPT, options()).tokens;
    expect(first).not.to.equal(second);
    const ended = generateReference(oracle(), PROMPT, options({ stopAtEnd: true, eosIds: [second!] }));
    expect([ended.tokens, ended.stop]).to.deep.equal([[first, second], 'eos']);
    const last = generateReference(
      oracle(),
      PROMPT,
      options({ stopAtEnd: true, eosIds: [second!], maxTokens: 2 }),
    );
    expect(last.stop).to.equal('eos');
    const goesOn = generateReference(oracle(), PROMPT, options({ eosIds: [second!] }));
    expect([goesOn.tokens.length, goesOn.stop]).to.deep.equal([6, 'max']);
  });

  it('stops at the end of the context with one token that has no place in it', () => {
    const full = generateReference(oracle(5), PROMPT, options());
    expect([full.tokens.length, full.stop]).to.deep.equal([3, 'context']);
    const both = generateReference(oracle(5), PROMPT, options({ maxTokens: 3 }));
    expect([both.tokens.length, both.stop]).to.deep.equal([3, 'max']);
    expect(generateReference(oracle(3), PROMPT, options()).tokens).to.have.length(1);
  });

  it('keeps copies of the logits of chosen steps', () => {
    const expected = greedyLogits(PROMPT, 6);
    const made = generateReference(oracle(), PROMPT, options({ keepLogits: (step) => step % 2 === 1 }));
    const kept = made.steps.map((step) => step.logits);
    expect(kept).to.deep.equal([undefined, expected[1], undefined, expected[3], undefined, expected[5]]);
  });

  it('tells of each step as it is made', () => {
    const heard: [number, number][] = [];
    const made = generateReference(oracle(), PROMPT, options(), {
      onStep: (step, index) => heard.push([index, step.id]),
    });
    expect(heard).to.deep.equal(made.tokens.map((id, index) => [index, id]));
  });

  it('samples by its seed, and gives the log-probability at temperature 1 without top-k', () => {
    const warm = (seed: number) =>
      generateReference(
        oracle(),
        PROMPT,
        options({ temperature: 2, topK: 8, seed, maxTokens: 12, keepLogits: () => true }),
      );
    expect(warm(3)).to.deep.equal(warm(3));
    expect(new Set([1, 2, 3, 4].map((seed) => warm(seed).tokensCrc)).size).to.equal(4);
    for (const { id, logits, logProbability: p } of warm(3).steps)
      expect(p).to.equal(logProbability(logits!, id));
  });

  it('refuses what it cannot be given, in one clear line', () => {
    const generate = (ids: number[]) => () => generateReference(oracle(4), ids, options());
    expect(generate([])).to.throw(ConfigError, 'give at least one');
    expect(generate([1, 2, 3, 4, 5])).to.throw(ConfigError, '5 tokens do not fit into the context of 4');
    expect(generate([1, 20])).to.throw(
      ConfigError,
      'token 2 of the prompt is 20, but random-1 knows 20 tokens',
    );
  });

  it('refuses logits that are not finite', () => {
    const model = smallModel();
    model.tensors.lm_head.fill(3e38);
    const generate = () => generateReference(createOracle(model, { contextLength: 8 }), PROMPT, options());
    expect(generate).to.throw(ConfigError, 'at position 2: check its weights');
  });
});
