import { expect } from 'chai';
import { ConfigError } from '../errors.js';
import { parseLabels } from './labels.js';

describe('parseLabels', () => {
  it('has defaults for what is not said', () => {
    expect(parseLabels({})).to.deep.equal({ suite: 'adhoc', channel: 'dev', arm: 'candidate' });
    expect(parseLabels({ suite: undefined, arm: 'reference' })).to.include({
      suite: 'adhoc',
      arm: 'reference',
    });
  });

  it('takes words of at most 40 letters, digits, dots, dashes and underscores', () => {
    const suite = `Nightly-2.0_${'x'.repeat(28)}`;
    expect(parseLabels({ suite, channel: 'v1' })).to.include({ suite, channel: 'v1' });
  });

  for (const wrong of [
    ...['', 'x'.repeat(41), 'two words', 'a,b', 'a=b', 'a\nb', 'é', 'a/b'].map((suite) => ({ suite })),
    { channel: 'a b' },
    { arm: 'control' },
    { suit: 'nightly' },
  ]) {
    it(`refuses ${JSON.stringify(wrong)}, naming the label`, () => {
      const error = (() => {
        try {
          return parseLabels(wrong);
        } catch (caught) {
          return caught;
        }
      })();
      expect(error).to.be.instanceOf(ConfigError).and.include({ code: 'bad-label' });
      expect((error as ConfigError).message).to.contain(Object.keys(wrong)[0]);
    });
  }
});
