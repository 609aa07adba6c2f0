import type { ScenarioInput } from '../bench/scenario-spec.js';
import type { RunResult } from '../results/result.js';
import { defineScenario } from './scenario.js';
import { currentSession } from './session.js';

/** Titles of the suite over all variants, and of its first test. */
export const TOGETHER = 'all together';
export const REPORT = 'makes a report';

/** One variant's run. */
export interface SweepPoint {
  readonly name: string;
  readonly result: RunResult;
}

/** What is said of all variants together. */
export interface SweepReport {
  /** For people: printed, and kept as `report.txt`. */
  readonly text: string;
  /** Further files by name, such as `plot.svg`. */
  readonly files?: Readonly<Record<string, string>>;
}

export interface SweepOptions {
  /** What all variants have in common. */
  readonly base?: ScenarioInput;
  /** By name: what each has of its own. `generate` and `knobs` are merged with the base's, all else replaces it. */
  readonly variants: Readonly<Record<string, ScenarioInput>>;
  /** Puts the runs beside one another. Called with those that came to a result, in the variants' order. */
  readonly report: (points: readonly SweepPoint[]) => SweepReport | Promise<SweepReport>;
  /** What must hold of all together, by title; throwing means product-fail. */
  readonly expect?: Readonly<Record<string, (points: readonly SweepPoint[]) => void>>;
}

/**
 * Several variants of one scenario, and a report over them. Each variant is a scenario of its own, with its own run folder, and its
 * expectations are tests; knobs change without a new flash, so that a sweep is cheap.
 */
export function sweep(title: string, options: SweepOptions): void {
  describe(title, function () {
    this.timeout(0);
    const points: SweepPoint[] = [];
    for (const [name, variant] of Object.entries(options.variants)) {
      defineScenario(`${title}: ${name}`, merge(options.base ?? {}, variant), {}, (result) =>
        points.push({ name, result }),
      );
    }
    if (!currentSession().wantsAll) return;
    describe(TOGETHER, () => {
      it(REPORT, async () => {
        await currentSession().report(title, points, await options.report(points));
      });
      for (const [claim, check] of Object.entries(options.expect ?? {})) it(claim, () => check(points));
    });
  });
}

function merge(base: ScenarioInput, variant: ScenarioInput): ScenarioInput {
  return {
    ...base,
    ...variant,
    generate: { ...base.generate, ...variant.generate },
    knobs: { ...base.knobs, ...variant.knobs },
  };
}
