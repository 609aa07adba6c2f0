import { join } from 'node:path';
import type { ScenarioInput } from '../bench/scenario-spec.js';
import { readEnvironment } from '../config/environment.js';
import type { RecipeInput } from '../quantization/recipe.js';
import type { ValidationReport } from '../quantization/validation-report.js';
import type { SweepPoint, SweepReport } from './sweep.js';

/** Builds of a model, each on a card of its own, for a sweep. */
export interface QuantizedBuilds {
  /** float32 under the name `float32`, and every build under its own. */
  readonly variants: Readonly<Record<string, ScenarioInput>>;
  /** Scores the builds that ran, and puts quality, speed and memory into one table; also as a page, `report.html`. */
  readonly report: (points: readonly SweepPoint[]) => Promise<SweepReport>;
  /** For a sweep's `expect`, after the report. Of the builds that ran, and float32 too. @throws Error with the rules that one does not keep */
  readonly requireAccepted: () => void;
}

/**
 * Quantizes a model by some recipes now, and writes their cards below the state folder. A card that is there already is left as it is when it
 * has the same content, so that several processes may do this at the same time.
 */
export async function quantizedBuilds(
  model: string,
  recipes: Readonly<Record<string, RecipeInput>>,
): Promise<QuantizedBuilds> {
  const { makeCards } = await import('../quantization/board-runs/card-builds.js');
  const folder = join(readEnvironment().stateFolder, 'quantized');
  const builds = await makeCards(model, recipes, folder);
  let judged: readonly ValidationReport[] = [];
  const variants = builds.map(({ name, cardFolder }) => [name, { model: cardFolder }] as const);
  return {
    variants: { float32: { model, format: 'float32' }, ...Object.fromEntries(variants) },
    report: async (points) => {
      const { scoreRuns } = await import('../quantization/board-runs/score-runs.js');
      const { reports, text, page } = await scoreRuns(model, builds, points);
      judged = reports;
      return { text, files: { 'report.html': page } };
    },
    requireAccepted: () => requireAccepted(judged),
  };
}

/** A build that did not come to a speed has failed its own scenario already, or float32 has: nothing is said of it here. */
function requireAccepted(reports: readonly ValidationReport[]): void {
  const judged = reports.filter(({ speed }) => speed !== undefined);
  if (judged.length === 0) throw new Error('no build came to be judged');
  const broken = judged.flatMap(({ build, acceptance }) =>
    acceptance.rules.filter(({ passed }) => !passed).map(({ message }) => `${build.name}: ${message}`),
  );
  if (broken.length > 0) throw new Error(broken.join('; '));
}
