import { createHash } from 'node:crypto';
import type { Expectation } from '../results/expectation.js';
import type { RunResult } from '../results/result.js';

/** An author's own assertion: the function for now, its source and hash for the plan. */
export interface CustomCheck {
  readonly expectation: Extract<Expectation, { kind: 'custom' }>;
  readonly check: (result: RunResult) => void | Promise<void>;
}

export function customExpectation(title: string, check: CustomCheck['check']): CustomCheck {
  const source = check.toString();
  const sha256 = createHash('sha256').update(source).digest('hex');
  return { expectation: { kind: 'custom', title, source, sha256 }, check };
}
