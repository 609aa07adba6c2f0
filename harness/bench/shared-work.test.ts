import { expect } from 'chai';
import { ConfigError } from '../errors.js';
import { byteTokenizer } from '../model/byte-tokenizer.js';
import { makeModel } from '../model/make-model.js';
import { packModel } from '../model/pack-model.js';
import type { Plan } from '../results/plan.js';
import { makeReference } from './make-reference.js';
import { packedHash } from './packed-hash.js';
import { readModel } from './read-model.js';
import { parseScenario } from './scenario-spec.js';
import { SharedWork } from './shared-work.js';

describe('work that runs of one process share', () => {
  it('is done once, also for those who ask while it is being done', async () => {
    const shared = new SharedWork();
    let made = 0;
    const make = async (): Promise<object> => ({ number: ++made });
    const results = await Promise.all([shared.get('a', make), shared.get('a', make)]);
    expect(await shared.get('a', make)).to.equal(results[0]);
    expect(results[1]).to.equal(results[0]);
    expect(made).to.equal(1);
    expect(await shared.get('b', make)).not.to.equal(results[0]);
  });

  it("is done by who waited when the first one was interrupted, and its failure is nobody else's", async () => {
    const shared = new SharedWork();
    const failing = shared.get('a', () => Promise.reject(new ConfigError('interrupted', 'interrupted')));
    const waiting = shared.get('a', async () => 'made');
    expect(await failing.catch((error: Error) => error.message)).to.equal('interrupted');
    expect(await waiting).to.equal('made');
  });

  it('is forgotten when others were asked for since', async () => {
    const shared = new SharedWork(2);
    const made: string[] = [];
    const ask = (key: string) => shared.get(key, async () => made.push(key));
    for (const key of ['a', 'b', 'a', 'c', 'a', 'b']) await ask(key);
    expect(made).to.deep.equal(['a', 'b', 'c', 'b']);
  });

  it('is the weights of one model in one format, whoever reads it', async () => {
    const shared = new SharedWork();
    const spec = (format: 'float32' | 'int8') =>
      parseScenario('x', { model: 'fixtures/models/little-stories', format });
    const [one, other, int8, alone] = [
      await readModel(spec('float32'), shared),
      await readModel(spec('float32'), shared),
      await readModel(spec('int8'), shared),
      await readModel(spec('float32')),
    ];
    expect(other.packed).to.equal(one.packed);
    expect(other.checkpoint).to.equal(one.checkpoint);
    expect(int8.packed.weightFormat).to.equal('int8');
    expect(alone.packed).not.to.equal(one.packed);
  });
});

describe('makeReference', () => {
  const checkpoint = makeModel('tiny-llm', { seed: 1 });
  const tokenizer = byteTokenizer(checkpoint.config.vocabSize);
  const planOf = (tokens: number): Plan => {
    const generate = { tokens, temperature: 0, topK: 0, seed: 0, stopAtEnd: true, logits: 'crc' };
    const prompts = [
      { text: 'a', ids: [5, 6] },
      { text: 'b', ids: [7] },
    ];
    return { context: 16, generate, prompts } as unknown as Plan;
  };

  it('computes what nobody else of those who share has computed, and tells the same', async () => {
    const packed = packModel(checkpoint, 'int8');
    const shared = new SharedWork();
    const told: number[] = [];
    const make = (tokens: number, share?: SharedWork) =>
      makeReference(planOf(tokens), packed, tokenizer, (done) => told.push(done), undefined, share);
    const alone = await make(2);
    expect(told.splice(0)).to.deep.equal([1, 2]);
    expect(await make(2, shared)).to.deep.equal(alone);
    expect(told.splice(0)).to.deep.equal([1, 2]);
    expect(await make(2, shared)).to.deep.equal(alone);
    expect(told.splice(0), 'all at once').to.deep.equal([2]);
    expect((await make(3, shared)).prompts[0]?.steps).to.have.length(3);
  });
});

describe('packedHash', () => {
  it('tells apart models by one weight, by one norm, and by format', () => {
    const checkpoint = makeModel('tiny-llm', { seed: 1 });
    const hashes = [packedHash(packModel(checkpoint, 'float32')), packedHash(packModel(checkpoint, 'int8'))];
    for (const name of ['down_proj', 'final_norm'] as const) {
      const tensor = checkpoint.tensors[name].slice();
      tensor[tensor.length - 1]! += 1;
      const changed = { ...checkpoint, tensors: { ...checkpoint.tensors, [name]: tensor } };
      hashes.push(packedHash(packModel(changed, 'float32')));
    }
    expect(new Set(hashes).size).to.equal(4);
    expect(packedHash(packModel(checkpoint, 'float32'))).to.equal(hashes[0]);
  });
});
