import { expect } from 'chai';
import { checkPsramFaults, type PsramFault, spoilWritten } from './psram-faults.js';

const wordCount = 16;

/** 16 words of PSRAM, all 0xa5, after `words` were written from `offset` on. */
function spoiled(faults: readonly PsramFault[], offset: number, words: readonly number[]): number[] {
  const psram = new DataView(new Uint8Array(4 * wordCount).fill(0xa5).buffer);
  for (const [i, word] of words.entries()) psram.setUint32(offset + 4 * i, word, true);
  spoilWritten(psram, { offset, bytes: 4 * words.length }, faults);
  return Array.from({ length: wordCount }, (_, i) => psram.getUint32(4 * i, true));
}

/** The same words, with those at these places changed. */
function untouchedBut(changed: Readonly<Record<number, number>>): number[] {
  return Array.from({ length: wordCount }, (_, i) => changed[i] ?? 0xa5a5a5a5);
}

describe('broken lines of PSRAM', () => {
  it('hold a data bit at 1, or at 0, in every word that is written, and in no other', () => {
    const high = spoiled([{ line: 'data', bit: 31, stuckAt: 1 }], 8, [0, 0x12345678]);
    expect(high).to.deep.equal(untouchedBut({ 2: 0x80000000, 3: 0x92345678 }));
    const low = spoiled([{ line: 'data', bit: 3, stuckAt: 0 }], 8, [0xffffffff, 0x12345678]);
    expect(low).to.deep.equal(untouchedBut({ 2: 0xfffffff7, 3: 0x12345670 }));
  });

  it('have one cell answer for two addresses, from either of them', () => {
    const fault = { line: 'address', bit: 4 } as const;
    expect(spoiled([fault], 8, [1, 2])).to.deep.equal(untouchedBut({ 2: 1, 3: 2, 6: 1, 7: 2 }));
    expect(spoiled([fault], 24, [1, 2])).to.deep.equal(untouchedBut({ 2: 1, 3: 2, 6: 1, 7: 2 }));
  });

  it('leave the value that was written later when both were', () => {
    const fault = { line: 'address', bit: 3 } as const;
    expect(spoiled([fault], 0, [1, 2, 3, 4])).to.deep.equal(untouchedBut({ 0: 3, 1: 4, 2: 3, 3: 4 }));
    const partly = spoiled([fault], 4, [2, 3]);
    expect(partly).to.deep.equal(untouchedBut({ 0: 3, 1: 2, 2: 3, 3: 2 }));
  });

  it('reach over the words that bytes lie in, and not beyond the end of PSRAM', () => {
    const psram = new DataView(new ArrayBuffer(16));
    spoilWritten(psram, { offset: 6, bytes: 20 }, [{ line: 'data', bit: 0, stuckAt: 1 }]);
    expect([0, 4, 8, 12].map((at) => psram.getUint32(at, true))).to.deep.equal([0, 1, 1, 1]);
    const beyond = spoiled([{ line: 'address', bit: 6 }], 8, [1]);
    expect(beyond).to.deep.equal(untouchedBut({ 2: 1 }));
  });

  it('are lines that PSRAM has', () => {
    const sound = [{ line: 'data', bit: 31, stuckAt: 0 } as const, { line: 'address', bit: 21 } as const];
    expect(() => checkPsramFaults(sound)).not.to.throw();
    for (const bit of [-1, 32, 0.5])
      expect(() => checkPsramFaults([{ line: 'data', bit, stuckAt: 1 }]), String(bit)).to.throw(RangeError);
    for (const bit of [1, 22])
      expect(() => checkPsramFaults([{ line: 'address', bit }]), String(bit)).to.throw(
        RangeError,
        `not ${bit}`,
      );
  });
});
