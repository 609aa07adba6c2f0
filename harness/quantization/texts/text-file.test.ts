import { writeFile } from 'node:fs/promises';
import { expect } from 'chai';
import { refusal, temporaryFolder } from '../../model/model-fixtures.js';
import { randomBits } from '../../model/random-bits.js';
import { readDocuments } from './text-file.js';

/** A token for every UTF-16 unit, after the beginning token. */
const tokenizer = { encode: (text: string) => [1, ...[...text].map((one) => one.charCodeAt(0))] };

describe('a text file', () => {
  const at = temporaryFolder();
  const read = async (bytes: string | Uint8Array) => {
    await writeFile(at('text.txt'), bytes);
    return readDocuments(at('text.txt'), tokenizer, 100);
  };
  const refused = async (bytes: string | Uint8Array) => {
    const { code, message } = await refusal(() => read(bytes));
    expect(message.split('\n')).to.have.length(1);
    return `${code}: ${message.replace(at('text.txt'), 'FILE')}`;
  };

  it('has the documents that blank lines separate, whatever their characters', async () => {
    const documents = await read('\ufeffCafé 🙂\r\n\r\nTom\n');
    expect(documents).to.deep.equal([tokenizer.encode('Café 🙂'), tokenizer.encode('Tom')]);
  });

  it('is refused when it is not UTF-8', async () => {
    const next = randomBits(1);
    const noise = Uint8Array.from({ length: 5000 }, () => next() & 255);
    const cutShort = Uint8Array.of(0x54, 0x6f, 0xc3);
    for (const bytes of [noise, Uint8Array.of(0x54, 0xff, 0x54), cutShort])
      expect(await refused(bytes)).to.equal('text-encoding: FILE is not UTF-8 text');
  });

  it('is refused when it has a zero byte, as UTF-16 and files of numbers do', async () => {
    expect(await refused(Buffer.from('Tom went', 'utf16le'))).to.equal(
      'text-encoding: FILE is not text: it has zero bytes',
    );
  });

  it('is refused when it has no words', async () => {
    expect(await refused(' \n\n')).to.match(/^text-empty: /);
  });
});
