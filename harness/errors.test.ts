import { expect } from 'chai';
import { InfraError, toTokenrackError } from './errors.js';

const full = (): Error => Object.assign(new Error('write'), { code: 'ENOSPC', path: '/full' });

/** Fails, and fails once more when it is let go of. */
async function failTwice(first: Error, second: Error): Promise<void> {
  await using _held = {
    [Symbol.asyncDispose]: () => Promise.reject(second),
  };
  throw first;
}

describe('toTokenrackError', () => {
  it("says what the system's error is, and nothing of others", () => {
    expect(toTokenrackError(full())?.message).to.equal('the disk is full at /full (ENOSPC)');
    expect(toTokenrackError(new TypeError('x is not a function'))).to.equal(undefined);
    expect(toTokenrackError(undefined)).to.equal(undefined);
  });

  it('takes the error that came first when letting go of something failed too', async () => {
    const ours = new InfraError('lease-lost', 'the lease is gone');
    const both = await failTwice(ours, full()).catch((error: unknown) => error);
    expect(both).not.to.equal(ours);
    expect(toTokenrackError(both)).to.equal(ours);
    const trouble = await failTwice(full(), new Error('close')).catch((error: unknown) => error);
    expect(toTokenrackError(trouble)).to.include({ code: 'machine-trouble', failureClass: 'infra-fail' });
    const bug = await failTwice(new TypeError('bug'), full()).catch((error: unknown) => error);
    expect(toTokenrackError(bug)).to.equal(undefined);
  });
});
