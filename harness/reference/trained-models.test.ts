import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import { readEnvironment } from '../config/environment.js';
import { packModel } from '../model/pack-model.js';
import { readCheckpoint } from '../model/read-checkpoint.js';
import { findTokenizer, readTokenizer } from '../model/read-tokenizer.js';
import type { WeightFormat } from '../model/weight-format.js';
import { generateReference } from './generate.js';
import { createOracle } from './oracle.js';

interface Expected {
  readonly [text: string]: {
    readonly prompt: number[];
    readonly tokens: number[];
    readonly top5: [id: number, logit: number][];
  };
}

const PUBLISHED =
  'Once upon a time, there was a little girl named Lily. She loved to play outside in the park. ' +
  'One day, she saw a big, red ball. She wanted to play with it, but it was too high.';

const GREEDY = { temperature: 0, topK: 0, seed: 0, stopAtEnd: true };

describe('reference on trained models', () => {
  const folder = readEnvironment().modelsFolder;
  const at = (...names: string[]) => join(folder!, ...names);

  before(function () {
    if (folder !== undefined) return;
    console.log('    (no real models here: set TOKENRACK_MODELS to try the reference on them)');
    this.skip();
  });

  it('stories260K: the published continuation, five layers deep and grouped', async () => {
    const checkpoint = await readCheckpoint(at('stories260K.bin'));
    const { vocabSize, eosIds } = checkpoint.config;
    const tokenizer = await readTokenizer(await findTokenizer(at('stories260K.bin'), vocabSize));
    const prompt = tokenizer.encode('Once upon a time');
    const oracle = createOracle(checkpoint, { contextLength: 128 });
    const { tokens } = generateReference(oracle, prompt, { ...GREEDY, maxTokens: 100, eosIds });
    expect(tokenizer.decode([...prompt, ...tokens]).slice(0, PUBLISHED.length)).to.equal(PUBLISHED);
  }).timeout(20_000);

  it('tinyllm-stories: the tokens and top logits of an independent float32 implementation', async () => {
    const checkpoint = await readCheckpoint(at('tinyllm-stories'));
    const expected: Expected = JSON.parse(await readFile(at('tinyllm-stories', 'expected.json'), 'utf8'));
    const oracle = createOracle(checkpoint, { contextLength: 64 });
    for (const { prompt, tokens, top5 } of Object.values(expected)) {
      const options = { ...GREEDY, maxTokens: tokens.length, eosIds: checkpoint.config.eosIds };
      const made = generateReference(oracle, prompt, options);
      expect(made.tokens).to.deep.equal(tokens);
      expect(made.steps[0]!.top5.map(({ id }) => id)).to.deep.equal(top5.map(([id]) => id));
      for (const [i, [, logit]] of top5.entries()) {
        expect(made.steps[0]!.top5[i]!.logit).to.be.closeTo(logit, 1e-3);
      }
    }
  }).timeout(20_000);

  it('tinyllm-stories: 8 and 16 bits a weight continue as float32 does, and both packings of ternary alike', async () => {
    const checkpoint = await readCheckpoint(at('tinyllm-stories'));
    const expected: Expected = JSON.parse(await readFile(at('tinyllm-stories', 'expected.json'), 'utf8'));
    const { prompt, tokens } = Object.values(expected)[0]!;
    const generate = (format: WeightFormat) => {
      const oracle = createOracle(packModel(checkpoint, format), { contextLength: 64 });
      return generateReference(oracle, prompt, {
        ...GREEDY,
        maxTokens: 20,
        eosIds: checkpoint.config.eosIds,
      });
    };
    for (const format of ['float16', 'bfloat16', 'int8', 'int8_row'] as const) {
      expect(generate(format).tokens, format).to.deep.equal(tokens.slice(0, 20));
    }
    expect(generate('ternary').logitsCrc).to.equal(generate('ternary_2bit').logitsCrc);
  }).timeout(60_000);
});
