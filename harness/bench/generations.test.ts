import { expect } from 'chai';
import type { BoardRecord } from '../board/records.js';
import type { Attempt } from '../results/attempt.js';
import { collectGenerations } from './generations.js';

const attempt: Attempt = {
  board: 'cam-1',
  attempt: 1,
  startedAt: '',
  clock: 'modelled',
  nonce: 'abc',
  calls: [{ q: 7, purpose: 'measure', prompt: 0, repeat: 1, tokens: 2 }],
};

const address = { n: 'abc', q: 7 } as const;
const phase = {
  ...address,
  r: 'phase',
  forwards: 1,
  us: 1,
  reads: 1,
  seeks: 1,
  bytes: 1,
  card_us: 1,
} as const;

function run(...tokens: readonly BoardRecord[]): BoardRecord[] {
  return [
    ...tokens,
    { ...address, r: 'stage', embed: 1, attention: 1, mlp: 1, head: 1, sample: 1 },
    { ...phase, name: 'prefill' },
    { ...phase, name: 'decode' },
    {
      ...address,
      r: 'done',
      prompt: 5,
      tokens: tokens.length,
      stop: 'max',
      first_us: 1,
      last_us: 2,
      ttft_us: 3,
      psram_peak: 1,
      psram_peak_run: 1,
      heap_peak: 1,
      heap_peak_run: 1,
      tokens_crc: '00000000',
    },
  ];
}

describe('collectGenerations', () => {
  it('keeps of a screened token what is known of it, and makes up nothing else', () => {
    const [made] = collectGenerations(
      attempt,
      run(
        { ...address, r: 'tok', i: 0, id: 3, us: 10, lp: 'bf000000', crc: 'aaaaaaaa', rows: 512 },
        { ...address, r: 'tok', i: 1, id: 4, us: 20, logit: '41000000', rows: 12, rank: 2 },
      ),
      'measure',
    );
    expect(made!.tokens).to.deep.equal([
      { id: 3, atUs: 10, logProbabilityBits: 'bf000000', logitsCrc: 'aaaaaaaa', exactRows: 512 },
      { id: 4, atUs: 20, logitBits: '41000000', exactRows: 12, screenRank: 2 },
    ]);
    expect(made).not.to.have.property('logitsCrc');
  });

  it('takes nothing of another session', () => {
    const stale = run({ ...address, r: 'tok', i: 0, id: 3, us: 10, lp: 'bf000000' });
    const other = stale.map((record) => ({ ...record, n: 'old' }));
    expect(collectGenerations(attempt, other, 'measure')).to.deep.equal([]);
  });
});
