import { expect } from 'chai';
import { jsonFaultOffset } from './json-fault.js';
import { parseJson } from './json-file.js';
import { refusal } from './model-fixtures.js';
import { randomBits } from './random-bits.js';

const GOOD = '{\n "a": [1, -2.5e+3, "x\\u00e9\\n", {}],\n "b": {"c": null, "d": [true, false, []]}\n}\n';

describe('parseJson', () => {
  it('names the line of a mistake, and what stands there', async () => {
    const cases = {
      '{\n "a": 1,\n}': 'config.json:3: not JSON: unexpected "}"',
      '{\n "a" 1}': 'config.json:2: not JSON: unexpected "1"',
      '{"a": 01}': 'config.json:1: not JSON: unexpected "1"',
      "{\n\n 'a': 1}": 'config.json:3: not JSON: unexpected "\'"',
      '[1,\n]': 'config.json:2: not JSON: unexpected "]"',
      '[1,\n2': 'config.json:2: not JSON: it ends too early',
      '': 'config.json:1: not JSON: it ends too early',
      '{"a": "x\n"}': 'config.json:1: not JSON: unexpected "\\n"',
      '{} {}': 'config.json:1: not JSON: unexpected "{"',
    };
    for (const [text, message] of Object.entries(cases)) {
      expect((await refusal(() => parseJson(text, 'config.json'))).message).to.equal(message);
    }
  });

  it('finds a fault exactly where JSON.parse does: in no good text, in every bad one', () => {
    expect(jsonFaultOffset(GOOD)).to.equal(undefined);
    const next = randomBits(4);
    for (let i = 0; i < 5000; i++) {
      const at = next() % GOOD.length;
      const text =
        next() % 3 === 0
          ? GOOD.slice(0, at)
          : GOOD.slice(0, at) + '{}[],:"\\ 0a\n-.'[next() % 14] + GOOD.slice(at + 1);
      let good = true;
      try {
        JSON.parse(text);
      } catch {
        good = false;
      }
      expect(jsonFaultOffset(text) === undefined, text).to.equal(good);
    }
  });
});
