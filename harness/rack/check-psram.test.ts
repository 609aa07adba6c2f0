import { expect } from 'chai';
import { BoardError } from '../board/board-error.js';
import type { ProbeConsole } from '../board/probe-console.js';
import { refusalError } from '../board/refusal.js';
import { checkPsram } from './check-psram.js';

type Info = Awaited<ReturnType<ProbeConsole['info']>>;
type Probed = Awaited<ReturnType<ProbeConsole['probe']>>;

const psram = 4_184_064;

/** A console whose board answers `probe psram` so. */
function consoleWith(answer: Partial<Probed> | Error): ProbeConsole {
  return {
    info: async () => ({ mem: { psram } }) as Info,
    baud: async (rate) => rate,
    probe: async (what) => {
      expect(what).to.equal('psram');
      if (answer instanceof Error) throw answer;
      return { r: 'probe', n: 'abc', q: 7, kind: 'psram', us: 1_500_000, ...answer };
    },
  };
}

describe('checkPsram', () => {
  it('says of firmware that has no such probe that it looked at the size only', async () => {
    const msg = 'there is no probe psram';
    const older = refusalError('cam', 'probe psram', { r: 'err', n: 'abc', q: 7, code: 'bad_arg', msg });
    const { finding, figures } = await checkPsram(consoleWith(older));
    expect(finding).to.include({
      state: 'pass',
      text: '4.18 MB, checked by size only: this firmware has no test of it',
    });
    expect(finding.next).to.match(/flash a newer build/);
    expect(figures).to.deep.equal({ psramBytes: psram });
  });

  it('does not take any other answer for an older firmware', async () => {
    const refused = refusalError('cam', 'probe psram', {
      r: 'err',
      n: 'abc',
      q: 7,
      code: 'no_memory',
      msg: '',
    });
    const gone = new BoardError('board-reset', 'infra-fail', 'it started again');
    for (const error of [refused, gone])
      expect(await checkPsram(consoleWith(error)).catch((thrown) => thrown)).to.equal(error);
  });

  it('tells words that do not hold from lines that are broken', async () => {
    const wrong = {
      bytes: 4_184_048,
      errors: 3,
      offset: 0x2f_1a40,
      expected: 'ffd0e5bf',
      found: 'ffd0e5ae',
      data_bits: '00000000',
      address_bits: '00000000',
    };
    const { finding, figures } = await checkPsram(consoleWith(wrong));
    expect(finding).to.include({
      state: 'fail',
      code: 'psram-cells',
      text: 'words that do not hold bits 0, 4, 3 wrong reads of 4,184,048 bytes, first at offset 0x2f1a40: ffd0e5bf written, ffd0e5ae read',
    });
    expect(figures).to.deep.equal({ psramBytes: psram, psramTestedBytes: 4_184_048, psramErrors: 3 });
    const both = await checkPsram(consoleWith({ ...wrong, address_bits: '80000004', data_bits: 'c0000000' }));
    expect(both.finding.text).to.match(/^address bits 2, 31 stuck or shorted, first at/);
  });
});
