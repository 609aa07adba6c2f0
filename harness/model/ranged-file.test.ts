import { writeFile } from 'node:fs/promises';
import { expect } from 'chai';
import { refusal, temporaryFolder } from './model-fixtures.js';
import { RangedFile } from './ranged-file.js';

describe('RangedFile', () => {
  const at = temporaryFolder();

  it('reads a range, into memory of its own', async () => {
    await writeFile(at('digits'), '0123456789');
    await using file = await RangedFile.open(at('digits'));
    const bytes = await file.read(3, 4);
    expect(Buffer.from(bytes).toString()).to.equal('3456');
    expect(bytes.buffer.byteLength).to.equal(4);
    expect(file.sizeBytes).to.equal(10);
  });

  it('refuses a range past the end before it allocates anything', async () => {
    await writeFile(at('digits'), '0123456789');
    await using file = await RangedFile.open(at('digits'));
    for (const bytes of [11, 2 ** 45]) {
      expect((await refusal(() => file.read(0, bytes))).message).to.equal(
        `${at('digits')} is truncated: expected at least ${bytes} bytes, found 10`,
      );
    }
  });

  it('names what it cannot open', async () => {
    expect((await refusal(() => RangedFile.open(at('none')))).message).to.equal(
      `no such file: ${at('none')}`,
    );
    expect((await refusal(() => RangedFile.open(at()))).code).to.equal('file-unreadable');
  });

  it('may be closed twice', async () => {
    await writeFile(at('digits'), '0');
    const file = await RangedFile.open(at('digits'));
    await file.close();
    await file.close();
  });
});
