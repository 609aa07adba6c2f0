import { mkdir, readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { InfraError, toTokenrackError, unwritable } from './errors.js';

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

  it('knows a wrong folder from a file that is not there', async () => {
    const isKnown = async (act: Promise<unknown>): Promise<string | undefined> =>
      toTokenrackError(await act.catch((error: unknown) => error))?.message;
    const file = fileURLToPath(import.meta.url);
    expect(await isKnown(readFile(`${file}/x`))).to.contain('a file is where a folder should be at ');
    expect(await isKnown(mkdir(`${file}/x/y`, { recursive: true }))).to.contain('(ENOTDIR)');
    expect(await isKnown(mkdir(file, { recursive: true }))).to.contain('(EEXIST)');
    expect(await isKnown(mkdir(`${file}.d/x`))).to.contain('no folder can be made at ');
    expect(await isKnown(readFile(`${file}.none`))).to.equal(undefined);
  });

  it('tells a disk that takes nothing more from any other trouble of the machine', () => {
    const codes = ['ENOSPC', 'EDQUOT', 'EROFS', 'EACCES', 'EIO'].map(
      (code) => toTokenrackError(Object.assign(new Error('write'), { code }))?.code,
    );
    const [disk, other] = ['disk-full', 'machine-trouble'];
    expect(codes).to.deep.equal([disk, disk, disk, other, other]);
  });

  it('takes the error that came first when letting go of something failed too', async () => {
    const ours = new InfraError('lease-lost', 'the lease is gone');
    const both = await failTwice(ours, full()).catch((error: unknown) => error);
    expect(both).not.to.equal(ours);
    expect(toTokenrackError(both)).to.equal(ours);
    const trouble = await failTwice(full(), new Error('close')).catch((error: unknown) => error);
    expect(toTokenrackError(trouble)).to.include({ code: 'disk-full', failureClass: 'infra-fail' });
    const bug = await failTwice(new TypeError('bug'), full()).catch((error: unknown) => error);
    expect(toTokenrackError(bug)).to.equal(undefined);
  });
});

describe('a folder that cannot be written', () => {
  it('is the fault of a full disk, and else of whoever named it', () => {
    const failing = (cause: Error) => unwritable('card-unwritable', 'cannot write the card', { cause });
    expect(failing(full())).to.include({
      code: 'disk-full',
      failureClass: 'infra-fail',
      message: 'the disk is full at /full (ENOSPC): cannot write the card',
    });
    const occupied = Object.assign(new Error('mkdir'), { code: 'ENOTDIR' });
    expect(failing(occupied)).to.include({ code: 'card-unwritable', failureClass: 'config-error' });
  });
});
