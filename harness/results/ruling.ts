import type { Verdict } from './verdict.js';

/** What one expectation comes to, before missing data have their say. */
export interface Ruling {
  /** `inconclusive` when there is too little to say. */
  readonly verdict: Extract<Verdict, 'pass' | 'product-fail' | 'inconclusive'>;
  /** Why not, in one line; on pass what was compared, where that is less than the title says. */
  readonly message?: string;
}

export const fails = (message: string): Ruling => ({ verdict: 'product-fail', message });
export const lacks = (message: string): Ruling => ({ verdict: 'inconclusive', message });
export const holds = (message: string): Ruling => ({ verdict: 'pass', message });
