import { expect } from 'chai';
import Mocha from 'mocha';
import { describeWith, type Lack } from './tier.js';

const LACK: Lack = { title: 'runs where there is a lathe', error: 'it asks for a lathe' };

describe('a suite that needs a tool', () => {
  it('runs where the tool is', async () => {
    expect(await outcomesOf(undefined, ['lathe'])).to.deep.equal(['turning turns: passed']);
  });

  it('is skipped with a line that says what is missing', async () => {
    expect(await outcomesOf(LACK, ['drill'])).to.deep.equal(['turning runs where there is a lathe: pending']);
  });

  it('fails where the tool is required', async () => {
    expect(await outcomesOf(LACK, ['drill', 'lathe'])).to.deep.equal([
      'turning runs where there is a lathe: failed, it asks for a lathe',
    ]);
  });
});

/** What a mocha of its own makes of such a suite with one test. */
async function outcomesOf(lack: Lack | undefined, required: readonly string[]): Promise<string[]> {
  const mocha = new Mocha({ reporter: class {} as never });
  const own = { describe: globalThis.describe, it: globalThis.it };
  mocha.suite.emit('pre-require', globalThis, '', mocha);
  try {
    describeWith('lathe', () => lack)('turning', required, () => it('turns', () => {}));
  } finally {
    Object.assign(globalThis, own);
  }
  const tests: string[] = [];
  await new Promise((done) => {
    mocha
      .run(done)
      .on('pending', (test) => tests.push(`${test.fullTitle()}: pending`))
      .on('pass', (test) => tests.push(`${test.fullTitle()}: passed`))
      .on('fail', (test, error: Error) => tests.push(`${test.fullTitle()}: failed, ${error.message}`));
  });
  return tests;
}
