import { writeFile } from 'node:fs/promises';
import { expect } from 'chai';
import { cardScalesBytes, readCardScales, shortestDecimal } from './card-scales.js';
import { refusal, smallModel, temporaryFolder } from './model-fixtures.js';
import { packModel } from './pack-model.js';
import { randomBits } from './random-bits.js';

describe('scales of int8', () => {
  const at = temporaryFolder();

  it('are written in at most 9 digits, and read as the very same float32', () => {
    const next = randomBits(5);
    const bits = new Uint32Array(1);
    const scale = new Float32Array(bits.buffer);
    for (let i = 0; i < 20_000; i++) {
      bits[0] = 0x00800000 + (next() % (0x7f800000 - 0x00800000)); // any positive, normal float32
      const decimal = shortestDecimal(scale[0]!);
      expect(Math.fround(decimal)).to.equal(scale[0]);
      expect(Number(decimal.toPrecision(9))).to.equal(decimal);
    }
    expect(shortestDecimal(0.5)).to.equal(0.5);
    expect(shortestDecimal(Math.fround(0.1))).to.equal(0.1);
    expect(Math.fround(shortestDecimal(2 ** -126))).to.equal(2 ** -126);
  });

  it('are a number for one layer and an array for several, of int8 tensors only', () => {
    const { tensors } = packModel(smallModel(), { default: 'int8', tensors: { v_proj: 'int4' } });
    const text = JSON.parse(Buffer.from(cardScalesBytes(tensors)!).toString());
    expect(Object.keys(text)).not.to.include('v_proj');
    expect(text.embed_tokens).to.equal(shortestDecimal(tensors.embed_tokens.scales![0]!));
    expect(text.q_proj).to.deep.equal(tensors.q_proj.scales!.map(shortestDecimal));
    expect(text.q_proj).to.have.length(2);
    expect(cardScalesBytes(packModel(smallModel(), 'int4').tensors)).to.equal(undefined);
    const one = packModel(smallModel({ layers: 1 }), 'int8').tensors;
    expect(JSON.parse(Buffer.from(cardScalesBytes(one)!).toString()).q_proj).to.be.a('number');
  });

  it('are read back', async () => {
    await writeFile(at('scales.json'), '{"q_proj": [0.1, 2], "lm_head": 1.17549435e-38, "other": 0}');
    const scales = await readCardScales(at('scales.json'));
    expect(scales.of('q_proj', 2)).to.deep.equal([Math.fround(0.1), 2]);
    expect(scales.of('lm_head', 1)).to.deep.equal([2 ** -126]);
  });

  const FAULTS: readonly [string, string, RegExp][] = [
    ['a missing key', '{"k_proj": [1, 2]}', /scales\.json: no scale for q_proj, which is in int8/],
    ['too few layers', '{"q_proj": 1}', /scales\.json: q_proj has 1 scale\(s\) for 2 layer\(s\)/],
    ['zero', '{"q_proj": [1, 0]}', /scale 0 of q_proj is no positive, normal float32/],
    ['a negative one', '{"q_proj": [1, -1]}', /scale -1 of q_proj/],
    ['a subnormal one', '{"q_proj": [1, 1e-39]}', /of q_proj is no positive, normal float32/],
    ['one beyond float32', '{"q_proj": [1, 1e39]}', /scale Infinity of q_proj/],
    ['text', '{"q_proj": "1"}', /scales\.json: q_proj: /],
    ['what is no JSON', '{"q_proj": NaN}', /scales\.json:1: not JSON/],
  ];
  for (const [what, text, message] of FAULTS) {
    it(`are refused for ${what}`, async () => {
      await writeFile(at('scales.json'), text);
      const refused = await refusal(async () => (await readCardScales(at('scales.json'))).of('q_proj', 2));
      expect(refused.message).to.match(message);
    });
  }

  it('are missed only when a tensor needs them', async () => {
    const scales = await readCardScales(at('none.json'));
    expect((await refusal(() => scales.of('q_proj', 1))).message).to.equal(
      `${at('none.json')}: the file is missing, and q_proj is in int8`,
    );
  });
});
