import { createHash } from 'node:crypto';
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { readEnvironment } from '../../config/environment.js';
import { writeAtomically } from '../../results/run-folder.js';
import { roundingNote } from '../../sinks/rounding-note.js';
import { VALIDATION_REPORT } from '../folders/require-ours.js';
import { updateSummary } from '../folders/summary.js';
import { writeQuantizedFolder } from '../folders/write-quantized-folder.js';
import { defaultPlan, type QatPlan } from '../qat/plan.js';
import { quantizeByTraining } from '../qat/qat.js';
import type { Trained } from '../qat/quantized-student.js';
import { STATE_VERSION } from '../qat/training-state.js';
import { buildModel, quantizeCheckpoint } from '../quantize-checkpoint.js';
import type { QuantizedModel } from '../quantized-model.js';
import { type Recipe, recipeName, recipeSchema } from '../recipe.js';
import type { TextPart } from '../texts/text-part.js';
import type { ValidationReport } from '../validation-report.js';
import { type Build, openBuild } from './build.js';
import type { Calibrated, Lab } from './lab.js';
import { type SecondRounding, secondRounding } from './second-rounding.js';
import type { Subject } from './subject.js';
import { validateBuild } from './validate.js';

/** A build in memory, and the text that it was calibrated or trained on. */
export interface Made {
  readonly model: QuantizedModel;
  readonly calibrated?: Calibrated;
  readonly trained?: TextPart;
}

export interface QuantizeResult {
  readonly name: string;
  /** OUT/NAME-RECIPE. */
  readonly folder: string;
  readonly cardFolder?: string;
  /** Documents that it was calibrated on; absent for methods that look at none. */
  readonly calibrationDocuments?: number;
  /** Absent when it was not asked for. */
  readonly report?: ValidationReport;
}

export interface QuantizeOptions {
  /** Default true. */
  readonly validate?: boolean;
}

/**
 * `quantize_model` of seed 003: makes a build by a recipe, writes its folder under `outFolder` and validates it there.
 * @throws ConfigError `folder-occupied`, and of whatever cannot be read, quantized or written
 */
export async function quantizeModel(
  lab: Lab,
  modelPath: string,
  outFolder: string,
  recipe: Recipe,
  { validate = true }: QuantizeOptions = {},
): Promise<QuantizeResult> {
  const subject = await lab.subject(modelPath);
  const { facts, build, madeWith, again } = await writeBuild(lab, subject, outFolder, recipe);
  if (again !== undefined) lab.options.onNote?.(roundingNote(modelPath, again).trimEnd());
  if (!validate) return facts;
  const report = await validateBuild(lab, subject, build, madeWith === undefined ? {} : { madeWith });
  await writeAtomically(join(facts.folder, VALIDATION_REPORT), `${JSON.stringify(report, null, 1)}\n`);
  await updateSummary(outFolder);
  return { ...facts, report };
}

interface Written {
  readonly facts: Omit<QuantizeResult, 'report'>;
  readonly build: Build;
  readonly madeWith: string | undefined;
  readonly again: SecondRounding | undefined;
}

/** Codes and the weights that were rounded end with this call: what is validated is the packed form, a quarter of them and less. */
async function writeBuild(lab: Lab, subject: Subject, outFolder: string, recipe: Recipe): Promise<Written> {
  const made = await makeBuild(lab, subject, recipe);
  const { model, calibrated } = made;
  const folder = join(outFolder, model.name);
  const { tokenizerPath } = subject;
  lab.tell(`writing ${folder}`, 0, 0);
  const { cardFolder } = await writeQuantizedFolder(model, folder, {
    ...(tokenizerPath === undefined ? {} : { tokenizerPath }),
    ...(calibrated === undefined ? {} : { calibration: calibrated.calibration }),
  });
  // The folder that it replaced may have had a report.
  await updateSummary(outFolder);
  const facts = {
    name: model.name,
    folder,
    ...(cardFolder === undefined ? {} : { cardFolder }),
    ...(calibrated === undefined ? {} : { calibrationDocuments: calibrated.calibration.documents }),
  };
  const build = await openBuild(model, subject);
  const placed = cardFolder === undefined ? build : { ...build, cardFolder };
  return { facts, build: placed, madeWith: textOf(made), again: secondRounding(subject, model) };
}

/** For the report: what text a build was calibrated or trained on; undefined for one that saw none. */
export function textOf({ calibrated, trained }: Made): string | undefined {
  if (calibrated !== undefined) return `calibrated on ${calibrated.text.source}`;
  if (trained === undefined) return undefined;
  return `trained on ${trained.source} (documents: ${trained.documents.length})`;
}

/** Calibrates or trains as the recipe asks, and quantizes. A text that is not the model's own is in the name: builds of different texts are different. */
export async function makeBuild(lab: Lab, subject: Subject, recipe: Recipe): Promise<Made> {
  const mark = await lab.textMark(subject, recipe);
  const made = await makeUnmarked(lab, subject, recipe);
  return mark === undefined
    ? made
    : { ...made, model: renamed(made.model, `${made.model.name}-text-${mark}`) };
}

function renamed(model: QuantizedModel, name: string): QuantizedModel {
  const { packed } = model;
  return { ...model, name, ...(packed === undefined ? {} : { packed: { ...packed, name } }) };
}

async function makeUnmarked(lab: Lab, subject: Subject, recipe: Recipe): Promise<Made> {
  const onProgress = (what: string): void => lab.tell(`${recipeName(recipe)}: ${what}`, 0, 0);
  if (recipe.method === 'qat') {
    const plan = defaultPlan(recipe.bits, recipe.steps);
    const trained = await lab.training(subject, plan.steps * plan.batchSize);
    const left = await train(lab, subject, recipe, plan, trained);
    const { checkpoint } = subject;
    const source = { ...checkpoint, tensors: { ...checkpoint.tensors, ...left.norms } };
    return { model: buildModel(checkpoint.name, recipe, source, left), trained };
  }
  if (recipe.method !== 'gptq' && recipe.method !== 'awq')
    return { model: quantizeCheckpoint(subject.checkpoint, recipe, { onProgress }) };
  const calibrated = await lab.calibration(subject, calibrationOf(recipe));
  const { calibration } = calibrated;
  return { model: quantizeCheckpoint(subject.checkpoint, recipe, { calibration, onProgress }), calibrated };
}

/** What the recipe says, or the schema's own defaults. */
export function calibrationOf(recipe: Recipe): NonNullable<Recipe['calibration']> {
  return recipe.calibration ?? recipeSchema.shape.calibration.unwrap().parse({});
}

/** Interrupted, it goes on where it was: the state's name says what it is of, plan and all, and it is removed at the end. */
async function train(
  lab: Lab,
  subject: Subject,
  recipe: Recipe,
  plan: QatPlan,
  { documents }: TextPart,
): Promise<Trained> {
  const parent = join(lab.options.stateFolder ?? readEnvironment().stateFolder, 'qat');
  await mkdir(parent, { recursive: true });
  const what = JSON.stringify([STATE_VERSION, plan, recipe, await lab.textMark(subject, recipe)]);
  const rules = createHash('sha256').update(what).digest('hex').slice(0, 8);
  const name = `${subject.hash.slice(0, 16)}-${recipeName(recipe)}-${rules}.state`;
  const stateFile = join(parent, name);
  const { signal } = lab.options;
  let seen = false;
  const trained = await quantizeByTraining(subject.checkpoint, recipe, documents, {
    plan,
    stateFile,
    onProgress: ({ step, steps }) => {
      if (!seen && step > 1)
        lab.options.onNote?.(`training goes on after step ${step - 1} of ${steps}, where it was interrupted`);
      seen = true;
      lab.tell(`training ${recipeName(recipe)}`, step, steps);
    },
    ...(signal === undefined ? {} : { signal }),
  });
  await rm(stateFile, { force: true });
  return trained;
}
