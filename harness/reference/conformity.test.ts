import { expect } from 'chai';
import { type ConformityStep, compareConformity } from './conformity.js';

/** Steps whose bits follow from their ids, unless told otherwise. */
function steps(
  ids: readonly number[],
  crcs: readonly string[] = ids.map((id) => `crc${id}`),
): ConformityStep[] {
  return ids.map((id, i) => ({
    id,
    logProbabilityBits: `lp${id}`,
    logitsCrc: crcs[i]!,
    logitBits: `logit${id}`,
  }));
}

/** The same, of a board whose screen left most logits out. */
function screened(ids: readonly number[]): ConformityStep[] {
  return ids.map((id) => ({ id, logitBits: `logit${id}` }));
}

describe('conformity', () => {
  it('finds equal what is equal to the bit', () => {
    expect(compareConformity(steps([5, 6, 7]), steps([5, 6, 7]))).to.deep.equal({
      tokensEqual: 3,
      tokensTotal: 3,
      missingSteps: [],
      logitsEqual: true,
      logitsCompared: 3,
      winnersCompared: 0,
      logProbabilitiesEqual: true,
      explanation: '3 of 3 tokens equal; logits equal to the bit',
    });
  });

  it('names the first step whose logits differ, though the tokens are equal', () => {
    const found = compareConformity(steps([5, 6, 7], ['crc5', 'bad', 'worse']), steps([5, 6, 7]));
    expect(found).to.deep.include({ tokensEqual: 3, logitsEqual: false, logitsCompared: 3 });
    expect(found.firstLogitsDifference).to.deep.equal({
      of: 'all',
      step: 1,
      board: 'bad',
      reference: 'crc6',
    });
    expect(found.explanation).to.equal(
      '3 of 3 tokens equal; logits differ from step 1 (CRC bad, reference crc6)',
    );
  });

  it('compares logits up to the first token that differs, not beyond', () => {
    const found = compareConformity(steps([5, 9, 7], ['crc5', 'bad', 'crc7']), steps([5, 6, 7]));
    expect(found).to.deep.include({ tokensEqual: 2, tokensTotal: 3, logitsCompared: 2 });
    expect(found.firstTokenDifference).to.deep.equal({ step: 1, board: 9, reference: 6 });
    expect(found.firstLogitsDifference?.step).to.equal(1);
    expect(found.logProbabilitiesEqual).to.equal(true);
    expect(found.explanation).to.equal(
      '2 of 3 tokens equal: at step 1 the board chose 9, the reference 6; logits differ from step 1 (CRC bad, reference crc6)',
    );
  });

  it('tells a wrong choice from a wrong forward pass', () => {
    const found = compareConformity(steps([5, 9], ['crc5', 'crc6']), steps([5, 6]));
    expect(found).to.deep.include({ logitsEqual: true, logitsCompared: 2 });
    expect(found.explanation).to.contain('the choice of the token differs, not the forward pass');
  });

  it('says which side stopped early', () => {
    const short = compareConformity(steps([5]), steps([5, 6]));
    expect(short).to.deep.include({ tokensEqual: 1, tokensTotal: 2, logitsCompared: 1, logitsEqual: true });
    expect(short.firstTokenDifference).to.deep.equal({ step: 1, reference: 6 });
    expect(short.explanation).to.equal(
      '1 of 2 tokens equal: the board stopped before step 1, the reference went on; logits equal to the bit',
    );
    const long = compareConformity(steps([5, 6]), steps([5]));
    expect(long.firstTokenDifference).to.deep.equal({ step: 1, board: 6 });
    expect(long.explanation).to.contain('the board went on at step 1');
  });

  it('counts a lost record as unknown, and compares what came after it', () => {
    const [first, , third] = steps([5, 6, 7]);
    const found = compareConformity([first, undefined, third], steps([5, 6, 7]));
    expect(found).to.deep.include({ tokensEqual: 2, tokensTotal: 3, logitsEqual: true, logitsCompared: 2 });
    expect(found).not.to.have.property('firstTokenDifference');
    expect(found.explanation).to.equal(
      '2 of 3 tokens equal, 1 lost (first at step 1); logits equal to the bit',
    );
  });

  it('says nothing of logits that nobody measured', () => {
    const bare = compareConformity([{ id: 5 }], steps([5]));
    expect(bare).to.deep.equal({
      tokensEqual: 1,
      tokensTotal: 1,
      missingSteps: [],
      logitsCompared: 0,
      winnersCompared: 0,
      explanation: '1 of 1 tokens equal; logits not compared',
    });
    expect(compareConformity([], [])).to.deep.include({ tokensTotal: 0, logitsCompared: 0 });
  });

  it("compares winners' logits where a screen kept the others from being computed, and says so", () => {
    const found = compareConformity(screened([5, 6]), steps([5, 6]));
    expect(found).to.deep.include({ logitsEqual: true, logitsCompared: 2, winnersCompared: 2 });
    expect(found).not.to.have.property('logProbabilitiesEqual');
    expect(found.explanation).to.equal(
      "2 of 2 tokens equal; winners' logits equal to the bit, the other logits are not known",
    );
  });

  it('compares the steps of a whole head by their CRC beside the screened ones', () => {
    const board = [...screened([5, 6]), ...steps([7])];
    const found = compareConformity(board, steps([5, 6, 7]));
    expect(found).to.deep.include({ logitsEqual: true, logitsCompared: 3, winnersCompared: 2 });
    expect(found.explanation).to.contain(
      "logits equal to the bit at 1 step, winners' at the other 2, whose other logits are not known",
    );
    const wrong = compareConformity([...screened([5, 6]), ...steps([7], ['bad'])], steps([5, 6, 7]));
    expect(wrong.firstLogitsDifference).to.deep.equal({
      of: 'all',
      step: 2,
      board: 'bad',
      reference: 'crc7',
    });
  });

  it("names the first winner's logit that differs, before a later CRC that does", () => {
    const [first, second] = screened([5, 6]);
    const board = [first, { ...second!, logitBits: 'off' }, ...steps([7], ['bad'])];
    const found = compareConformity(board, steps([5, 6, 7]));
    expect(found.firstLogitsDifference).to.deep.equal({
      of: 'winner',
      step: 1,
      board: 'off',
      reference: 'logit6',
    });
    expect(found.explanation).to.contain("winners' logits differ from step 1 (bits off, reference logit6)");
  });

  it('cannot say of a wrong token that a screen chose whether its logits are wrong', () => {
    const found = compareConformity(screened([5, 9]), steps([5, 6]));
    expect(found).to.deep.include({ logitsEqual: true, logitsCompared: 1, logitsUnknownAt: 1 });
    expect(found.explanation).not.to.contain('not the forward pass');
    expect(compareConformity(steps([5, 9]), steps([5, 6]))).not.to.have.property('logitsUnknownAt');
  });

  it("compares nothing with a reference that did not keep its winners' logits", () => {
    const old = steps([5, 6]).map(({ logitBits: _, ...step }) => step);
    const found = compareConformity(screened([5, 6]), old);
    expect(found).to.deep.include({ logitsCompared: 0 });
    expect(found).not.to.have.property('logitsEqual');
  });

  it('sees a log-probability that differs in a bit though the logits do not', () => {
    const wrong = [{ id: 5, logProbabilityBits: 'bf000001', logitsCrc: 'crc5' }];
    const found = compareConformity(wrong, [{ id: 5, logProbabilityBits: 'bf000000', logitsCrc: 'crc5' }]);
    expect(found).to.deep.include({ logitsEqual: true, logProbabilitiesEqual: false });
    expect(found.explanation).to.contain(
      'log-probabilities differ from step 0 (bits bf000001, reference bf000000)',
    );
  });
});
