import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { register as registerModule } from 'node:module';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import Mocha from 'mocha';
import { ConfigError, TokenrackError, toTokenrackError } from '../errors.js';
import { packageRoot } from '../paths.js';
import type { Failure } from '../results/verdict.js';
import { logits, tokens } from './expectations.js';
import { OutcomeError, scenario } from './scenario.js';
import { currentSession } from './session.js';
import { REPORT, TOGETHER } from './sweep.js';

export interface SuiteOutcome {
  /** What kept scenarios from coming to a result: bad specs, missing models, exceptions. */
  readonly failures: readonly Failure[];
  /** Those of them that are a claim's, of which `onClaim` was told. */
  readonly ofClaims: ReadonlySet<Failure>;
}

/** What a sweep says of all its variants together, once it was looked at. */
export interface JudgedClaim {
  readonly title: string;
  readonly passed: boolean;
  /** What the assertion said; absent when it passed. */
  readonly message?: string;
}

/**
 * Runs scenario files, or the ad-hoc scenario made of the command line's options, as mocha suites in this process. `onClaim` is told of each
 * claim of a sweep; what a single run is expected to do stands in its result.
 */
export async function runSuites(
  what: readonly string[] | 'ad-hoc',
  onClaim: (claim: JudgedClaim) => void = () => {},
): Promise<SuiteOutcome> {
  return runLoaded(await loadSuites(what), onClaim);
}

/**
 * Loads the scenarios into the current session, which is told what they define, and runs nothing. Files are loaded anew each time.
 * @throws ConfigError `no-scenario`, `bad-scenario`
 */
export async function loadSuites(what: readonly string[] | 'ad-hoc'): Promise<Mocha> {
  const mocha = new Mocha({ timeout: 0, reporter: SilentReporter, ui: 'bdd' });
  if (what === 'ad-hoc') defineAdHoc(mocha);
  else await loadFiles(mocha, what.length > 0 ? what : await packagedScenarios());
  if (mocha.suite.total() === 0) throw new ConfigError('no-scenario', `no scenario in ${describe(what)}`);
  return mocha;
}

export async function runLoaded(mocha: Mocha, onClaim: (claim: JudgedClaim) => void): Promise<SuiteOutcome> {
  const failures: Failure[] = [];
  const ofClaims = new Set<Failure>();
  await new Promise<void>((done) => {
    const runner = mocha.run(() => done());
    runner.on('pass', (test) => {
      if (isClaim(test)) onClaim({ title: test.title, passed: true });
    });
    runner.on('fail', (test: Mocha.Runnable, error: unknown) => {
      const message = error instanceof Error ? error.message : String(error);
      if (isClaim(test)) onClaim({ title: test.title, passed: false, message });
      if (error instanceof OutcomeError) return;
      const failure = describeFailure(test, error);
      failures.push(failure);
      if (isClaim(test)) ofClaims.add(failure);
    });
  });
  return { failures, ofClaims };
}

/** Leaves nothing in the suites but the one of that title, and what is around it. */
export function keepOnly(suite: Mocha.Suite, title: string): boolean {
  if (suite.title === title) return true;
  suite.tests = [];
  suite.suites = suite.suites.filter((one) => keepOnly(one, title));
  return suite.suites.length > 0;
}

function isClaim(test: Mocha.Runnable): boolean {
  return test.parent?.title === TOGETHER && test.title !== REPORT;
}

function describe(what: readonly string[] | 'ad-hoc'): string {
  return what === 'ad-hoc' || what.length === 0 ? 'scenarios/' : what.join(', ');
}

/** Results are shown as they come; what else fails is in the outcome. */
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

/**
 * Imports the files as mocha would, but as ES modules only: its second attempt by `require` hides the first one's error.
 * `tokenrack` is this package wherever the file lies.
 */
async function loadFiles(mocha: Mocha, files: readonly string[]): Promise<void> {
  const missing = files.find((file) => !existsSync(file));
  if (missing !== undefined)
    throw new ConfigError('no-scenario', `no such scenario file: ${missing}`, { path: missing });
  if (files.some((file) => file.endsWith('.ts'))) (await import('tsx/esm/api')).register();
  registerModule(new URL('./resolve-scenario.js', import.meta.url));
  const { EVENT_FILE_PRE_REQUIRE, EVENT_FILE_POST_REQUIRE } = Mocha.Suite.constants;
  for (const file of files) {
    mocha.suite.emit(EVENT_FILE_PRE_REQUIRE, globalThis, file, mocha);
    await importScenario(file);
    mocha.suite.emit(EVENT_FILE_POST_REQUIRE, globalThis, file, mocha);
  }
}

/** How often each file was loaded: a module is not run again, unless its address is another one. */
const loadings = new Map<string, number>();

async function importScenario(file: string): Promise<void> {
  const address = pathToFileURL(file);
  const earlier = loadings.get(file) ?? 0;
  loadings.set(file, earlier + 1);
  if (earlier > 0) address.searchParams.set('loading', String(earlier));
  try {
    await import(address.href);
  } catch (error) {
    if (error instanceof TokenrackError) throw error;
    const reason = error instanceof Error ? error.message.replace(/\s*\n\s*/g, ' ').trim() : String(error);
    throw new ConfigError('bad-scenario', `cannot load ${file}: ${reason}`, { path: file, cause: error });
  }
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

/** A hook's failure is the run's own, or the machine's; a test that is no expectation is the author's assertion about the build. */
function describeFailure(test: Mocha.Runnable, error: unknown): Failure {
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
  const isOwn = error instanceof TokenrackError || test instanceof Mocha.Hook;
  const known = isOwn ? toTokenrackError(error) : undefined;
  if (known !== undefined) return { class: known.failureClass, message: prefixed(test, known.message) };
  const message = error instanceof Error ? error.message : String(error);
  if (!(test instanceof Mocha.Hook))
    return { class: 'product-fail', message: `${test.fullTitle()}: ${message}` };
  return { class: 'harness-bug', message: prefixed(test, text.split('\n')[0]!), evidence: text };
}

function prefixed(test: Mocha.Runnable, message: string): string {
  const title = test.parent?.title ?? '';
  return title === '' || message.includes(title) ? message : `${title}: ${message}`;
}
