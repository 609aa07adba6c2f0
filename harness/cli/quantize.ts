import { join } from 'node:path';
import { z } from 'zod';
import { ConfigError } from '../errors.js';
import { FEWEST_POSITIONS } from '../quantization/acceptance/judge-acceptance.js';
import { describeLadder } from '../quantization/acceptance/ladder-record.js';
import { readBuildReports } from '../quantization/folders/build-reports.js';
import { Lab } from '../quantization/lab/lab.js';
import type { LabOptions, Screen } from '../quantization/lab/lab-options.js';
import type { QuantizeResult } from '../quantization/lab/quantize.js';
import { quantizeOnLadder } from '../quantization/lab/quantize-on-ladder.js';
import { quantizeGrid } from '../quantization/lab/run-grid.js';
import { worseThanNaive } from '../quantization/lab/worse-than-naive.js';
import type { Recipe } from '../quantization/recipe.js';
import { writeQuantizationReport } from '../quantization/report/write-report.js';
import { type ValidationReport, validationReportSchema } from '../quantization/validation-report.js';
import { interruptSignal } from './exit.js';
import { requireWritable } from './out-folder.js';
import { type BudgetFlags, describeMixture, hasBudget, mixtureFor } from './quantize-budget.js';
import { compileAhead } from './quantize-compile.js';
import { sayingHowToGoOn } from './quantize-interrupted.js';
import { LabLine } from './quantize-progress.js';
import { type RecipeFlags, recipesOf } from './quantize-recipes.js';
import { buildsTable } from './quantize-tables.js';

/** What `tokenrack quantize --json` prints; with `--ladder` the ladder's record (harness/quantization/acceptance/ladder-record.ts) instead. */
export const quantizeOutputSchema = z.object({
  quantize: z.literal(1),
  /** Whether a build was accepted; absent when they were not validated. */
  accepted: z.boolean().optional(),
  builds: z.array(
    z.object({
      name: z.string(),
      folder: z.string(),
      cardFolder: z.string().optional(),
      calibrationDocuments: z.int().optional(),
      report: validationReportSchema.optional(),
    }),
  ),
  /** A line for each build that is no better than the naive one of as many bits. */
  notes: z.array(z.string()),
});
export type QuantizeOutput = z.output<typeof quantizeOutputSchema>;

export interface LabFlags {
  readonly calibration?: string;
  readonly test?: string;
  readonly training?: string;
  readonly tokens?: number;
  readonly tokenizer?: string;
  readonly speed?: boolean;
  readonly screen?: Screen;
  readonly task?: string;
  readonly threads?: number;
  readonly json?: boolean;
}

export interface QuantizeFlags extends RecipeFlags, LabFlags {
  readonly out: string;
  readonly validate: boolean;
  readonly checkpoint?: readonly string[];
}

/** Exit code of a validation that was not passed: `product-fail`. */
export const NOT_ACCEPTED = 1;

/** Makes the builds, prints a table of them (or JSON), and sets the exit code. */
export function quantize(models: readonly string[], flags: QuantizeFlags): Promise<void> {
  return sayingHowToGoOn(() => makeBuilds(models, flags));
}

async function makeBuilds(models: readonly string[], flags: QuantizeFlags): Promise<void> {
  const recipes = await recipesOf(flags);
  refuseContradictions(models, recipes, flags);
  await requireWritable(flags.out);
  const line = new LabLine(process.stderr);
  const training = flags.ladder === true || recipes.some(({ method }) => method === 'qat');
  await using lab = await openLab(labOptions(flags, line), training);
  try {
    if (flags.ladder === true) return await climb(lab, models[0]!, recipes[0]!, flags, line);
    const chosen = hasBudget(flags)
      ? [await withinBudget(lab, models[0]!, recipes[0]!, flags, line)]
      : recipes;
    const results = await quantizeGrid(lab, models, chosen, flags.out, {
      validate: flags.validate,
      onResult: (result) => tell(result, line),
    });
    line.end();
    if (flags.validate) await writeReportPage(flags.out);
    conclude(results, flags.json === true);
  } finally {
    line.end();
  }
}

/** A lab for which everything is compiled; also what trains, where a recipe may. */
export async function openLab(options: LabOptions, training = false): Promise<Lab> {
  await compileFor(options, training);
  return Lab.open(options);
}

export function compileFor(
  { speed = true, onProgress, signal }: LabOptions,
  training: boolean,
): Promise<void> {
  return compileAhead({ speed, training }, { tell: (what) => onProgress?.(what, 0, 0), signal });
}

/** A flag of commander's that is absent stays absent: the lab's own default then holds. */
export function labOptions(flags: LabFlags, line: LabLine): LabOptions {
  const { calibration, test, training, tokens, tokenizer, speed, screen, task, threads } = flags;
  return {
    texts: {
      ...(calibration === undefined ? {} : { calibrationFile: calibration }),
      ...(test === undefined ? {} : { testFile: test }),
      ...(training === undefined ? {} : { trainingFile: training }),
    },
    ...(tokens === undefined ? {} : { testTokens: tokens }),
    ...(tokenizer === undefined ? {} : { tokenizer }),
    ...(speed === undefined ? {} : { speed }),
    ...(screen === undefined ? {} : { screen }),
    ...(task === undefined ? {} : { task }),
    ...(threads === undefined ? {} : { threads }),
    onProgress: line.show,
    onNote: line.note,
    signal: interruptSignal(),
  };
}

function refuseContradictions(
  models: readonly string[],
  recipes: readonly Recipe[],
  { ladder, checkpoint, validate, speed, tokens, task, bits, ...budget }: QuantizeFlags,
): void {
  if (hasBudget(budget)) refuseBudget(models, recipes, ladder === true || bits !== undefined);
  if (ladder !== true) {
    if (checkpoint === undefined) return;
    throw new ConfigError('ladder-flags', '--checkpoint is for --ladder: name further models as arguments');
  }
  const several = models.length > 1 || recipes.length > 1;
  if (several) throw new ConfigError('ladder-flags', '--ladder climbs from one model and one recipe');
  if (!validate || speed === false)
    throw new ConfigError(
      'ladder-flags',
      '--ladder needs validation with speed: nothing is accepted without',
    );
  if (tokens !== undefined && tokens < FEWEST_POSITIONS && task === undefined) {
    const fewest = FEWEST_POSITIONS.toLocaleString('en-US');
    throw new ConfigError(
      'ladder-flags',
      `--ladder needs --tokens of at least ${fewest}: nothing is accepted on fewer`,
    );
  }
}

function refuseBudget(models: readonly string[], recipes: readonly Recipe[], others: boolean): void {
  if (models.length === 1 && recipes.length === 1 && !others) return;
  const message =
    '--budget and --psram choose the bits of one model by one method: without --bits, without --ladder';
  throw new ConfigError('budget-flags', message);
}

/** A budget is of one model: what it tells goes to standard error. */
async function withinBudget(
  lab: Lab,
  model: string,
  recipe: Recipe,
  flags: BudgetFlags,
  line: LabLine,
): Promise<Recipe> {
  const mixture = await mixtureFor(lab, model, recipe, flags);
  line.end();
  process.stderr.write(describeMixture(mixture));
  return mixture.recipe;
}

/** OUT/report.html, over all builds that are there. */
async function writeReportPage(folder: string): Promise<void> {
  await writeQuantizationReport(await reportsIn(folder), join(folder, 'report.html'));
}

/** Of all builds there; what is no report of ours goes to standard error. */
export async function reportsIn(folder: string): Promise<ValidationReport[]> {
  const { found, skipped } = await readBuildReports(folder);
  for (const text of skipped) process.stderr.write(`${text}\n`);
  return found.map(({ report }) => report);
}

async function climb(
  lab: Lab,
  model: string,
  recipe: Recipe,
  { out, checkpoint = [], json }: QuantizeFlags,
  line: LabLine,
): Promise<void> {
  const record = await quantizeOnLadder(lab, model, out, recipe, checkpoint);
  line.end();
  await writeReportPage(out);
  process.stdout.write(json === true ? `${JSON.stringify(record)}\n` : describeLadder(record));
  if (record.accepted === undefined) process.exitCode = NOT_ACCEPTED;
}

/** A line for each build as it comes: a grid takes a while. */
function tell({ folder, report }: QuantizeResult, line: LabLine): void {
  const outcome = report === undefined ? 'written' : report.acceptance.accepted ? 'accepted' : 'not accepted';
  line.note(`${folder}: ${outcome}`);
}

function conclude(results: readonly QuantizeResult[], json: boolean): void {
  const reports = results.flatMap(({ report }) => (report === undefined ? [] : [report]));
  const accepted = reports.some(({ acceptance }) => acceptance.accepted);
  const notes = worseThanNaive(reports);
  if (json) {
    const output: QuantizeOutput = {
      quantize: 1,
      ...(reports.length === 0 ? {} : { accepted }),
      builds: [...results],
      notes,
    };
    process.stdout.write(`${JSON.stringify(output)}\n`);
  } else {
    if (reports.length > 0) process.stdout.write(`${buildsTable(reports)}\n`);
    for (const text of [...notes, ...brokenRules(results)]) process.stdout.write(`${text}\n`);
  }
  if (reports.length > 0 && !accepted) process.exitCode = NOT_ACCEPTED;
}

function brokenRules(results: readonly QuantizeResult[]): string[] {
  return results.flatMap(({ name, report }) =>
    (report?.acceptance.rules ?? [])
      .filter(({ passed }) => !passed)
      .map(({ rule, message }) => `${name}: ${rule}: ${message}`),
  );
}
