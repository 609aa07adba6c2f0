import { expect } from 'chai';
import { TINY_LLM } from './make-model.js';
import { smallModel } from './model-fixtures.js';
import { modelInfo } from './model-info.js';

describe('modelInfo', () => {
  it("gives Tiny-LLM's published counts", () => {
    const info = modelInfo(TINY_LLM);
    expect(info.parameters).to.equal(12_988_992);
    expect(info.normParameters).to.equal(576);
    expect(info.macs).to.deep.equal({ attention: 110_592, mlp: 589_824, head: 6_144_000, total: 6_844_416 });
    expect(info.float32Bytes).to.equal(51_955_968);
    expect(info.streamedBytes).to.equal(4 * (6_844_416 + 192));
  });

  it('counts what the firmware allocates at context 512, and whether it fits', () => {
    const { psram } = modelInfo(TINY_LLM);
    expect(psram).to.deep.equal({
      kvCacheBytes: 393_216,
      stageBytes: 196_608,
      logitsBytes: 128_000,
      totalBytes: 717_824,
      availableBytes: 4_194_304,
      fits: true,
      longestContext: 1024,
    });
    expect(modelInfo(TINY_LLM, { contextLength: 1024 }).psram.kvCacheBytes).to.equal(786_432);
  });

  it('finds the longest context that a smaller memory holds', () => {
    const { psram } = modelInfo(TINY_LLM, { psramBytes: 500_000 });
    expect(psram.fits).to.equal(false);
    expect(psram.longestContext).to.equal(Math.floor((500_000 - 196_608 - 128_000) / 768));
    expect(modelInfo(TINY_LLM, { psramBytes: 1000 }).psram.longestContext).to.equal(0);
  });

  it('counts a tied head once as weights, and still as work', () => {
    const tied = modelInfo(smallModel({ tiedHead: true }).config);
    const untied = modelInfo(smallModel().config);
    expect(untied.parameters - tied.parameters).to.equal(20 * 12);
    expect(tied.macs).to.deep.equal(untied.macs);
    expect(tied.tensors.map(({ name }) => name)).not.to.include('lm_head');
  });

  it('agrees with the weights that are really there', () => {
    const { config, tensors } = smallModel();
    for (const { name, parameters } of modelInfo(config).tensors)
      expect(tensors[name].length).to.equal(parameters);
  });
});
