import { expect } from 'chai';
import { measureGeneration, summarize } from './measure.js';
import { sampleGeneration, screenedGeneration } from './testing/sample-run.js';

const value = (name: string, generation = sampleGeneration()): number | undefined =>
  measureGeneration(generation).find((sample) => sample.name === name)?.value;

describe('measureGeneration', () => {
  it('counts the decode rate between the first and the last token', () => {
    expect(value('decode_rate')).to.equal(2 / 0.4);
  });

  it('counts the prefill rate over all prompt tokens', () => {
    expect(value('prefill_rate')).to.equal(5);
  });

  it('divides card counts by the decode passes, not by the tokens', () => {
    expect(value('sd_reads_per_token')).to.equal(10);
    expect(value('sd_seeks_per_token')).to.equal(7);
    expect(value('sd_bytes_per_token')).to.equal(1000);
  });

  it('counts what a screen left to compute: over decoding for the mean, over all tokens for the largest', () => {
    const screened = screenedGeneration();
    expect(value('exact_rows', screened)).to.equal(11.5);
    expect(value('exact_rows_max', screened)).to.equal(12);
    expect(value('screen_rank_max', screened)).to.equal(3);
    expect(value('full_scans', screened)).to.equal(0);
  });

  it('counts a token for which the whole head was computed despite a screen', () => {
    const { tokens } = screenedGeneration();
    const whole = sampleGeneration().tokens.map((token) => ({ ...token, exactRows: 512 }));
    const mixed = screenedGeneration({ tokens: [tokens[0]!, whole[1]!, tokens[2]!] });
    expect(value('full_scans', mixed)).to.equal(1);
    expect(value('exact_rows', mixed)).to.equal(262);
    const all = screenedGeneration({ tokens: whole });
    expect(value('full_scans', all)).to.equal(3);
    expect(value('screen_rank_max', all)).to.equal(undefined);
  });

  it('counts no full scan where the head is its own screen: all rows are computed, and one logit is known', () => {
    const tokens = screenedGeneration().tokens.map((token) => ({ ...token, exactRows: 512, screenRank: 1 }));
    const self = screenedGeneration({ tokens });
    expect(value('full_scans', self)).to.equal(0);
    expect(value('exact_rows', self)).to.equal(512);
    expect(value('screen_rank_max', self)).to.equal(1);
  });

  it('says nothing of a screen where there is none, or where records of tokens were lost', () => {
    const names = ['exact_rows', 'exact_rows_max', 'screen_rank_max', 'full_scans'];
    for (const name of names) {
      expect(value(name), name).to.equal(undefined);
      expect(value(name, screenedGeneration({ missing: [1] })), name).to.equal(undefined);
    }
  });

  it('leaves out what a single token cannot tell', () => {
    const { decode, tokens } = sampleGeneration();
    const single = sampleGeneration({
      tokens: tokens.slice(0, 1),
      times: { firstTokenUs: 1_000_000, lastTokenUs: 1_000_000, timeToFirstTokenUs: 1_010_000 },
      decode: { ...decode, forwards: 0, sdReads: 0 },
    });
    expect(value('decode_rate', single)).to.equal(undefined);
    expect(value('sd_reads_per_token', single)).to.equal(undefined);
  });
});

describe('summarize', () => {
  const rates = (values: readonly number[]) =>
    values.map((value, index) => ({
      name: 'decode_rate' as const,
      board: 'cam-1',
      prompt: 0,
      repeat: index + 1,
      value,
    }));

  it('keeps every sample in order and reports the median of timed ones', () => {
    const [measurement] = summarize(rates([3, 1, 2]), () => false);
    expect(measurement).to.deep.include({ name: 'decode_rate', kind: 'timed', value: 2, samples: [3, 1, 2] });
  });

  it('gives hardware times an interval when there are samples enough', () => {
    const [measurement] = summarize(rates([6, 1, 4, 2, 5, 3]), () => true);
    expect(measurement).to.include({ value: 3.5, low: 1, high: 6 });
    const [few] = summarize(rates([3, 1, 2]), () => true);
    expect(few).not.to.have.any.keys('low', 'high');
  });

  it('gives modelled times no interval', () => {
    const [measurement] = summarize(rates([6, 1, 4, 2, 5, 3]), () => false);
    expect(measurement).not.to.have.any.keys('low', 'high');
  });

  it('keeps boards and prompts apart', () => {
    const sample = { name: 'tokens' as const, repeat: 1, value: 1 };
    const measurements = summarize(
      [
        { ...sample, board: 'a', prompt: 0 },
        { ...sample, board: 'a', prompt: 1 },
        { ...sample, board: 'b', prompt: 0 },
      ],
      () => false,
    );
    expect(measurements.map(({ board, prompt }) => `${board}${prompt}`)).to.deep.equal(['a0', 'a1', 'b0']);
  });
});
