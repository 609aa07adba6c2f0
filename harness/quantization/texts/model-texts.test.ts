import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import { byteTokenizer } from '../../model/byte-tokenizer.js';
import { refusal, smallModel, temporaryFolder } from '../../model/model-fixtures.js';
import { readCheckpoint } from '../../model/read-checkpoint.js';
import { readTokenizer } from '../../model/read-tokenizer.js';
import { packageRoot } from '../../paths.js';
import { apartFrom } from './disjoint.js';
import { limitPositions, ModelTexts, type TextOptions } from './model-texts.js';
import { splitDocuments } from './text-file.js';

describe('splitDocuments', () => {
  it('separates at blank lines of any kind, and keeps the lines of a document together', () => {
    expect(splitDocuments('a\nb \n\nc\r\n \r\n\r\n\nd\n')).to.deep.equal(['a\nb', 'c', 'd']);
    expect(splitDocuments(' \n\n')).to.deep.equal([]);
  });
});

describe('limitPositions', () => {
  it('takes documents for so many predictions, and cuts the last', () => {
    const documents = [
      [1, 5, 6],
      [1, 7, 8, 9],
      [1, 2],
    ];
    expect(limitPositions(documents, 3)).to.deep.equal([
      [1, 5, 6],
      [1, 7],
    ]);
    expect(limitPositions(documents, 99)).to.deep.equal(documents);
  });
});

describe('apartFrom', () => {
  it('leaves out what another part has, and what it has itself twice', () => {
    const { kept, dropped } = apartFrom(
      [
        [1, 2],
        [1, 3],
        [1, 2],
        [1, 23],
      ],
      [[1, 3]],
      [[12, 3]],
    );
    expect({ kept, dropped }).to.deep.equal({
      kept: [
        [1, 2],
        [1, 23],
      ],
      dropped: 2,
    });
  });
});

describe('ModelTexts', () => {
  const at = temporaryFolder();

  it("marks the text of a file that was given, unless it is the model's own", async () => {
    await mkdir(at('marked'));
    await writeFile(at('marked', 'calibration.txt'), 'The dog ran.');
    await writeFile(at('same.txt'), 'The dog ran.');
    await writeFile(at('one.txt'), 'The fox ran.');
    await writeFile(at('two.txt'), 'The cat ran.');
    const model = { path: at('marked'), checkpoint, tokenizer };
    const mark = (options: TextOptions) => new ModelTexts(model, options).fileMark('calibration');
    expect(await mark({})).to.equal(undefined);
    expect(await mark({ calibrationFile: at('same.txt') })).to.equal(undefined);
    expect(await mark({ trainingFile: at('one.txt') })).to.equal(undefined);
    const marks = await Promise.all(
      ['one', 'two'].map((name) => mark({ calibrationFile: at(`${name}.txt`) })),
    );
    expect(marks[0])
      .to.match(/^[0-9a-f]{6}$/)
      .and.not.equal(marks[1]);
  });

  const checkpoint = smallModel({ vocabSize: 259, contextLength: 16 });
  const tokenizer = byteTokenizer(259);

  async function texts(name: string, files: Record<string, string>, options: TextOptions = {}) {
    const path = at(name);
    await mkdir(path, { recursive: true });
    for (const [file, text] of Object.entries(files)) await writeFile(join(path, file), text);
    return new ModelTexts({ path, checkpoint, tokenizer }, options);
  }

  it('reads the files beside a model, cuts to its context, and says what is missing and what was left out', async () => {
    const files = { 'heldout.txt': 'one\n\ntwo', 'calibration.txt': `three\n\ntwo\n\n${'long '.repeat(9)}` };
    const made = await texts('beside', files);
    const heldOut = await made.heldOut();
    expect(heldOut.documents).to.deep.equal([tokenizer.encode('one'), tokenizer.encode('two')]);
    const { source, documents } = await made.calibration({ samples: 5, length: 99, seed: 1 });
    expect(documents.map(({ length }) => length).toSorted()).to.deep.equal([16, 6].toSorted());
    expect(documents.every(([first]) => first === checkpoint.config.bosId)).to.equal(true);
    expect(source).to.equal(
      'calibration.txt; 1 left out that are in another part; 2 of 5 samples: there are no more',
    );
  });

  it('takes the files named instead, and chooses samples by the seed', async () => {
    await texts('named', { 'a.txt': 'other' });
    const many = Array.from({ length: 40 }, (_, i) => `text ${i}`).join('\n\n');
    const made = await texts(
      'more',
      { 'heldout.txt': 'one', 'calibration.txt': many },
      { testFile: at('named', 'a.txt') },
    );
    expect((await made.heldOut()).documents).to.deep.equal([tokenizer.encode('other')]);
    const chosen = async (samples: number, seed: number) =>
      (await made.calibration({ samples, length: 16, seed })).documents.map((ids) => tokenizer.decode(ids));
    expect(await chosen(3, 1)).to.deep.equal((await chosen(8, 1)).slice(0, 3));
    expect(await chosen(3, 2)).not.to.deep.equal(await chosen(3, 1));
  });

  it('refuses a calibration text that is the test text', async () => {
    const made = await texts('same', { 'heldout.txt': 'one\n\ntwo', 'calibration.txt': 'two\n\none' });
    const { code, message } = await refusal(() => made.calibration({ samples: 2, length: 16, seed: 1 }));
    expect(code).to.equal('texts-overlap');
    expect(message).to.contain('calibration.txt');
  });

  it('lets a model without text sample its own, the same each time, no document in two parts', async () => {
    const first = await texts('none', {});
    const [test, training] = [await first.heldOut(), await first.training(512)];
    const calibration = await first.calibration({ samples: 30, length: 16, seed: 1 });
    expect(test.source).to.match(/sampled itself/);
    expect(test.documents).to.deep.equal((await (await texts('none', {})).heldOut()).documents);
    const all = [test, training, calibration].flatMap(({ documents }) => documents.map((ids) => ids.join()));
    expect(new Set(all).size).to.equal(all.length);
    expect(all.length).to.be.greaterThan(100);
  });

  it('samples no more text for training than training looks at, each time the same beginning', async () => {
    const few = (await (await texts('few', {})).training(10)).documents;
    const more = (await (await texts('few', {})).training(25)).documents;
    expect(few.length).to.be.within(2, 10);
    expect(more.length).to.be.within(few.length + 1, 25);
    expect(more.slice(0, few.length)).to.deep.equal(few);
  });

  it('tells the fixture stories of three seeds, none of them in two parts', async () => {
    const path = join(packageRoot, 'fixtures', 'models', 'little-stories');
    const fixture = await readCheckpoint(path);
    const model = { path, checkpoint: fixture, tokenizer: await readTokenizer(path) };
    const made = new ModelTexts(model);
    const parts = [
      await made.heldOut(),
      await made.training(1),
      await made.calibration({ samples: 64, length: 256, seed: 1 }),
    ];
    expect(parts.map(({ documents }) => documents.length)).to.deep.equal([150, 4094, 64]);
    const all = parts.flatMap(({ documents }) => documents.map((ids) => ids.join()));
    expect(new Set(all).size).to.equal(all.length);
    expect(parts[0]!.documents.every((ids) => fixture.config.eosIds.includes(ids.at(-1)!))).to.equal(true);
  });
});
