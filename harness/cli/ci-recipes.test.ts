import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect } from 'chai';
import { parse } from 'yaml';
import { packageRoot } from '../paths.js';

const run = promisify(execFile);
const main = join(packageRoot, 'dist', 'cli', 'main.js');
const recipe = (name: string): Promise<string> => readFile(join(packageRoot, 'fixtures', 'ci', name), 'utf8');

/** Every `tokenrack ...` of a text, as its words. */
function commandsIn(text: string): string[][] {
  return [...text.matchAll(/(?:npx |`)tokenrack ([a-z][^\n`|;]*)/g)].map(([, words]) =>
    words!.trim().split(/\s+/),
  );
}

/** The help of the command that the words begin with: `sink flush` has its own. */
async function helpOf(words: readonly string[]): Promise<string> {
  const first = words.findIndex((word) => !/^[a-z]+$/.test(word));
  const commands = words.slice(0, first < 0 ? words.length : first);
  const { stdout } = await run(process.execPath, [main, ...commands.slice(0, 2), '--help']);
  return stdout;
}

describe('the CI recipes', function () {
  this.timeout(60_000);

  for (const name of ['github-actions.yml', 'gitlab-ci.yml', 'README.md']) {
    it(`use commands and options that there are: ${name}`, async () => {
      const commands = commandsIn(await recipe(name));
      expect(commands.length).to.be.greaterThan(2);
      for (const words of commands) {
        const help = await helpOf(words);
        expect(help, words.join(' ')).to.match(new RegExp(`^Usage: tokenrack ${words[0]}`));
        for (const option of words.filter((word) => word.startsWith('--')))
          expect(help, words.join(' ')).to.contain(option);
      }
    });
  }

  it('look, run, and keep the run folders and the summary of a night that failed, on GitHub', async () => {
    const { jobs } = parse(await recipe('github-actions.yml')) as {
      jobs: {
        rack: {
          steps: {
            run?: string;
            uses?: string;
            if?: string;
            'continue-on-error'?: boolean;
            with?: Record<string, unknown>;
          }[];
        };
      };
    };
    const { steps } = jobs.rack;
    const at = (what: RegExp): number => steps.findIndex((step) => what.test(step.run ?? step.uses ?? ''));
    const order = [
      /npm ci/,
      /doctor/,
      /nightly .*--annotate github/,
      /GITHUB_STEP_SUMMARY/,
      /upload-artifact/,
    ].map(at);
    expect(order).to.deep.equal([...order].sort((a, b) => a - b));
    expect(order[0]).to.be.at.least(0);
    expect(steps[at(/doctor/)], 'an absent board').to.include({ 'continue-on-error': true });
    expect(steps[at(/nightly/)]).not.to.have.property('continue-on-error');
    for (const step of steps.slice(at(/nightly/) + 1))
      expect(step.if, step.run ?? step.uses).to.equal('always()');
    expect(steps[at(/upload-artifact/)]?.with?.path).to.equal('runs/');
  });

  it('do the same on GitLab, with the results of every board on the page of the pipeline', async () => {
    const { nightly } = parse(await recipe('gitlab-ci.yml')) as {
      nightly: {
        before_script: string[];
        script: string[];
        allow_failure: { exit_codes: number[] };
        artifacts: { when: string; paths: string[]; reports: { junit: string } };
      };
    };
    expect(nightly.before_script.join()).to.match(/npm ci,.*doctor --hosts \|\| true$/);
    expect(nightly.script.join()).to.match(/tokenrack nightly [^|]*$/);
    expect(nightly.allow_failure.exit_codes).to.deep.equal([5]);
    expect(nightly.artifacts).to.deep.include({
      when: 'always',
      paths: ['runs/'],
      reports: { junit: 'runs/nightly-*/junit.xml' },
    });
  });
});
