import { type CustomCheck, customExpectation } from '../bench/custom-check.js';
import { parseScenario, type ScenarioInput } from '../bench/scenario-spec.js';
import { describeExpectation } from '../results/expectation.js';
import type { RunResult } from '../results/result.js';
import { applyOverrides } from './overrides.js';
import { currentSession } from './session.js';

/** An assertion of the author's own over the result, written with chai; throwing, or rejecting, means product-fail. */
export type Check = CustomCheck['check'];

/**
 * One scenario: a mocha suite whose `before` does the run, and in which every expectation is one test. Options given
 * to `tokenrack run` take precedence over the spec's.
 *
 * @param checks further assertions by title; each becomes a test, and its source is kept in the plan.
 */
export function scenario(
  title: string,
  input: ScenarioInput = {},
  checks: Readonly<Record<string, Check>> = {},
): void {
  defineScenario(title, input, checks, () => {});
}

/** As `scenario`; `onResult` is told what the run came to, before its expectations are tested. */
export function defineScenario(
  title: string,
  input: ScenarioInput,
  checks: Readonly<Record<string, Check>>,
  onResult: (result: RunResult) => void,
): void {
  const session = currentSession();
  if (!session.wants(title)) return;
  const customs = Object.entries(checks).map(([name, check]) => customExpectation(name, check));
  const overridden = applyOverrides(input, session.overrides);
  const expectations = [...(overridden.expect ?? []), ...customs.map((custom) => custom.expectation)];
  describe(title, function () {
    this.timeout(0);
    // The ad-hoc scenario is in no file, for which mocha has an empty name.
    const file = this.file === undefined || this.file === '' ? {} : { file: this.file };
    session.define({ title, input: { ...overridden, expect: expectations }, checks: customs, ...file });
    let result: RunResult | undefined;
    before('run', async () => {
      const spec = parseScenario(title, { ...overridden, expect: expectations });
      result = await session.run(title, spec, customs);
      onResult(result);
    });
    for (const expectation of expectations) {
      const name = describeExpectation(expectation);
      it(name, () => assertOutcome(result, name));
    }
    if (expectations.length === 0) it('runs to its end', () => assertNoFailure(result));
  });
}

/** A test that failed because the run's result says so: whoever reports the result has said it already. */
export class OutcomeError extends Error {}

function assertOutcome(result: RunResult | undefined, title: string): void {
  const outcome = result?.expectations.find((candidate) => candidate.title === title);
  if (outcome?.verdict === 'pass') return;
  throw new OutcomeError(outcome?.message ?? 'the run came to no result');
}

function assertNoFailure(result: RunResult | undefined): void {
  if (result?.verdict === 'pass') return;
  throw new OutcomeError(result?.failures[0]?.message ?? 'the run came to no result');
}
