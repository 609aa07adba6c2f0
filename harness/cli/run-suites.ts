import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import Mocha from 'mocha';
import { ConfigError, TokenrackError } from '../errors.js';
import { packageRoot } from '../paths.js';
import type { Failure } from '../results/verdict.js';
import { logits, tokens } from '../scenario/expectations.js';
import { scenario } from '../scenario/scenario.js';
import { currentSession } from '../scenario/session.js';

export interface SuiteOutcome {
  /** What kept scenarios from coming to a result: bad specs, missing models, exceptions. */
  readonly failures: readonly Failure[];
}

/** Runs scenario files, or the ad-hoc scenario made of the command line's options, as mocha suites in this process. */
export async function runSuites(what: readonly string[] | 'ad-hoc'): Promise<SuiteOutcome> {
  const mocha = new Mocha({ timeout: 0, reporter: SilentReporter, ui: 'bdd' });
  if (what === 'ad-hoc') defineAdHoc(mocha);
  else await loadFiles(mocha, what.length > 0 ? what : await packagedScenarios());
  const failures: Failure[] = [];
  await new Promise<void>((done) => {
    const runner = mocha.run(() => done());
    runner.on('fail', (test: Mocha.Runnable, error: unknown) => {
      if (test instanceof Mocha.Hook) failures.push(describeError(test.parent?.title ?? '', error));
    });
  });
  return { failures };
}

/** Expectation tests speak through the result; only hooks (the runs themselves) can fail otherwise. */
class SilentReporter extends Mocha.reporters.Base {}

function defineAdHoc(mocha: Mocha): void {
  mocha.suite.emit(Mocha.Suite.constants.EVENT_FILE_PRE_REQUIRE, globalThis, '', mocha);
  scenario('ad hoc', {
    repeats: 1,
    warmups: 0,
    expect:
      currentSession().overrides.firmware === undefined
        ? [tokens.equalTheReference(), logits.equalTheReferenceToTheBit()]
        : [],
  });
}

async function loadFiles(mocha: Mocha, files: readonly string[]): Promise<void> {
  const missing = files.find((file) => !existsSync(file));
  if (missing !== undefined)
    throw new ConfigError('no-scenario', `no such scenario file: ${missing}`, { path: missing });
  if (files.some((file) => file.endsWith('.ts'))) (await import('tsx/esm/api')).register();
  for (const file of files) mocha.addFile(file);
  await mocha.loadFilesAsync().catch((error: unknown) => {
    if (error instanceof TokenrackError) throw error;
    const reason = error instanceof Error ? error.message.split('\n')[0] : String(error);
    throw new ConfigError('bad-scenario', `cannot load ${files.join(', ')}: ${reason}`, { cause: error });
  });
}

/** `scenarios/` of the working folder, else the packaged ones. */
async function packagedScenarios(): Promise<string[]> {
  const folder = existsSync('scenarios') ? 'scenarios' : join(packageRoot, 'scenarios');
  const names = await readdir(folder, { recursive: true });
  return names
    .filter((name) => name.endsWith('.scenario.ts'))
    .toSorted()
    .map((name) => resolve(folder, name));
}

function describeError(title: string, error: unknown): Failure {
  const name = title === '' ? '' : `${title}: `;
  if (error instanceof TokenrackError)
    return { class: error.failureClass, message: `${name}${error.message}` };
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return { class: 'harness-bug', message: `${name}${text.split('\n')[0]}`, evidence: text };
}
