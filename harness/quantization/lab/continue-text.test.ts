import { expect } from 'chai';
import { smallModel } from '../../model/model-fixtures.js';
import { FastForward } from '../../reference/fast/fast-forward.js';
import { createSampler } from '../../reference/sampler.js';
import { continueText, natsOf } from './continue-text.js';

describe('continueText', () => {
  const model = smallModel({ vocabSize: 50, eosIds: [49] });
  const prompt = [1, 7, 9];
  const sampler = () => createSampler({ temperature: 1, topK: 0, seed: 5 });

  it('says of its own text what scoring that text says, to the bit', async () => {
    const forward = await FastForward.create(model, { contextLength: 16 });
    const { tokens, nats, promptLogits } = continueText(forward, prompt, 12, sampler());
    expect(tokens).to.have.length(12);
    expect(natsOf(forward, prompt, tokens)).to.equal(nats);
    forward.run(prompt, (position, logits) => {
      if (position === 2) expect(logits).to.deep.equal(promptLogits);
    });
  });

  it('ends before an end token or a beginning token, which are no part of it', async () => {
    const whole = continueText(await FastForward.create(model, { contextLength: 16 }), prompt, 12, sampler());
    const at = whole.tokens.findIndex((id, i) => i > 0 && !whole.tokens.slice(0, i).includes(id));
    const ending = smallModel({ vocabSize: 50, eosIds: [whole.tokens[at]!] });
    const forward = await FastForward.create(ending, { contextLength: 16 });
    const cut = continueText(forward, prompt, 12, sampler());
    expect(cut.tokens).to.deep.equal(whole.tokens.slice(0, at));
    const none = await FastForward.create(smallModel({ vocabSize: 50, eosIds: [whole.tokens[0]!] }), {
      contextLength: 16,
    });
    const empty = continueText(none, prompt, 12, sampler());
    expect([empty.tokens, empty.nats, natsOf(none, prompt, [])]).to.deep.equal([[], undefined, undefined]);
  });
});
