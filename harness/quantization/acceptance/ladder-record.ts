import { z } from 'zod';
import { plainTable } from '../../sinks/plain-table.js';
import { recipeName, recipeSchema } from '../recipe.js';
import { type ValidationReport, validationReportSchema } from '../validation-report.js';
import { LADDER_STEPS } from './ladder-step.js';

const stepSchema = z.object({
  step: z.enum(LADDER_STEPS),
  /** Why it was not tried; then nothing follows. */
  skipped: z.string().optional(),
  model: z.string().optional(),
  recipe: recipeSchema.optional(),
  /** Where the build lies; a later one of the same name has taken an earlier one's place. */
  folder: z.string().optional(),
  /** Why it could not be made; then there is no report. */
  failed: z.string().optional(),
  report: validationReportSchema.optional(),
});
export type LadderEntry = z.output<typeof stepSchema>;

/** `ladder.json`: what was tried until a build was accepted, or all of it, for a reviewer. */
export const ladderRecordSchema = z.object({
  ladder: z.literal(1),
  tokenrack: z.string(),
  model: z.string(),
  /** Name of the accepted build; absent when there is none. */
  accepted: z.string().optional(),
  steps: z.array(stepSchema),
  recommendation: z.string(),
});
export type LadderRecord = z.output<typeof ladderRecordSchema>;

/** What a reviewer should do, in one sentence or two. */
export function recommend(steps: readonly LadderEntry[]): string {
  const reports = steps.flatMap(({ report }) => (report === undefined ? [] : [report]));
  const accepted = reports.find(({ acceptance }) => acceptance.accepted);
  if (accepted !== undefined) return `take ${accepted.build.name}: it holds every rule`;
  const nearest = reports.toSorted((a, b) => brokenRules(a) - brokenRules(b) || lnRatio(a) - lnRatio(b))[0];
  if (nearest === undefined) return 'nothing could be made: see why above';
  const broken = nearest.acceptance.rules.filter(({ passed }) => !passed).map(({ message }) => message);
  return (
    `nothing was accepted; the nearest is ${nearest.build.name} (${broken.join('; ')}). Keep the matrices with the largest errors in 8 bits ` +
    '(exceptions), train longer, or choose another checkpoint'
  );
}

function brokenRules({ acceptance }: ValidationReport): number {
  return acceptance.rules.filter(({ passed }) => !passed).length;
}

function lnRatio({ quality }: ValidationReport): number {
  return quality.perplexity.lnRatio.value;
}

/** The record as people read it. */
export function describeLadder({ model, steps, recommendation }: LadderRecord): string {
  const rows = steps.map((entry) => [entry.step, ...outcome(entry)]);
  const table = plainTable([{ head: 'step' }, { head: 'build' }, { head: 'outcome' }], rows);
  return `${model}\n\n${table}\n\n${recommendation}\n`;
}

function outcome({ skipped, failed, recipe, report }: LadderEntry): [string, string] {
  const name = report?.build.name ?? (recipe === undefined ? '' : recipeName(recipe));
  if (skipped !== undefined) return ['', `not tried: ${skipped}`];
  if (report === undefined) return [name, `not made: ${failed ?? 'no report'}`];
  const broken = report.acceptance.rules.filter(({ passed }) => !passed);
  if (broken.length > 0) return [name, broken.map(({ message }) => message).join('; ')];
  return [name, `accepted: ${report.acceptance.rules[0]?.message ?? ''}`];
}
