import { ScorePool } from '../../reference/fast/score-pool.js';
import { tokenrackVersion } from '../../version.js';
import { judgeAcceptance, type TaskScore } from '../acceptance/judge-acceptance.js';
import type { QuantizedModel } from '../quantized-model.js';
import { chanceOf } from '../tasks/answer-task.js';
import type { ValidationReport } from '../validation-report.js';
import { type Build, openBuild } from './build.js';
import { judgeTexts, type TextPair } from './judge-texts.js';
import type { Lab } from './lab.js';
import { DEFAULT_SCREEN } from './lab-options.js';
import { describeScores, type Scores } from './quality.js';
import { type Speed, speedConditions } from './speed.js';
import type { Subject } from './subject.js';

export interface ValidateOptions {
  /** What text the build was made with, for the report, such as `calibrated on calibration.txt`. */
  readonly madeWith?: string;
}

/**
 * `validate_quantization` of seed 003: scores a build against the float32 model on held-out text, continues the prompts with both, runs both on
 * the virtual board, and judges.
 * @param original a float32 model as `tokenrack run --model` takes it
 * @param quantized a quantized folder, a card folder, or a build in memory
 */
export async function validateQuantization(
  lab: Lab,
  original: string,
  quantized: string | QuantizedModel,
  options: ValidateOptions = {},
): Promise<ValidationReport> {
  const subject = await lab.subject(original);
  const build = await openBuild(quantized, subject);
  return validateBuild(lab, subject, build, options);
}

export async function validateBuild(
  lab: Lab,
  subject: Subject,
  build: Build,
  { madeWith }: ValidateOptions = {},
): Promise<ValidationReport> {
  const scores = await scoreBuild(lab, subject, build, madeWith);
  const task = await taskOf(lab, subject, build);
  const pairs = await textsOf(lab, subject, build);
  const speed = await speedOf(lab, subject, build);
  const { parameters, checkpoint, hash } = subject;
  const sizes = { float32Bytes: 4 * parameters, float16Bytes: 2 * parameters, buildBytes: build.bytes };
  const acceptance = judgeAcceptance({
    lnRatio: scores.perplexity.lnRatio,
    positions: scores.text.positions,
    ...(task === undefined ? {} : { task }),
    speed,
    size: { ...sizes, widestBits: build.widestBits },
    faults: pairs.flatMap(({ prompt, faults }) =>
      faults.map((fault) => `${JSON.stringify(prompt)}: ${fault}`),
    ),
  });
  return {
    report: 1,
    tokenrack: tokenrackVersion,
    model: { name: checkpoint.name, hash, parameters },
    build: {
      name: build.name,
      ...(build.recipe === undefined ? {} : { recipe: build.recipe }),
      ...(build.packed === undefined ? {} : { format: build.packed.weightFormat }),
    },
    quality: { ...scores, prompts: promptRows(pairs), ...(task === undefined ? {} : { task }) },
    sizes,
    tensors: [...build.tensors],
    generation: {
      texts: pairs.map(({ prompt, base, build: made, faults }) => ({
        prompt,
        base,
        build: made,
        faults: [...faults],
      })),
    },
    ...('figures' in speed ? { speed: speed.figures } : {}),
    ...(build.unsupported === undefined ? {} : { unsupported: build.unsupported }),
    acceptance,
  };
}

async function scoreBuild(lab: Lab, subject: Subject, build: Build, madeWith?: string): Promise<Scores> {
  const { source, documents } = await lab.heldOut(subject);
  const contextLength = documents.reduce((most, ids) => Math.max(most, ids.length), 2);
  const { signal } = lab.options;
  await using pool = ScorePool.open(
    { base: subject.checkpoint, build: build.scored, contextLength },
    lab.threads,
  );
  const positions = await pool.compare(documents, {
    onProgress: (done, total) => lab.tell(`scoring ${build.name}`, done, total),
    ...(signal === undefined ? {} : { signal }),
  });
  const made = madeWith === undefined ? '' : `; ${madeWith}, none of it in the test text`;
  const text = { source: `${source}${made}`, documents: documents.length, positions: positions.length };
  return describeScores(positions, text);
}

async function taskOf(lab: Lab, subject: Subject, build: Build): Promise<TaskScore | undefined> {
  const task = await lab.task(subject);
  if (task === undefined) return undefined;
  const { source, questions } = task;
  const share = (right: readonly boolean[]): number => right.filter(Boolean).length / right.length;
  return {
    source,
    questions: questions.length,
    chance: chanceOf(questions),
    base: share(await lab.baseAnswers(subject, task)),
    build: share(await lab.answers(build.scored, questions)),
  };
}

async function textsOf(lab: Lab, subject: Subject, build: Build): Promise<TextPair[]> {
  const base = await lab.baseTexts(subject);
  const tell = (done: number, total: number) => lab.tell(`${build.name} writes`, done, total);
  return judgeTexts(build, base, subject.tokenizer, tell, lab.options.signal);
}

type SpeedFact = { readonly figures: Speed; readonly ratio: number } | { readonly why: string };

async function speedOf(lab: Lab, subject: Subject, build: Build): Promise<SpeedFact> {
  if (build.packed === undefined) return { why: build.unsupported ?? 'no card format holds it' };
  if (lab.options.speed === false) return { why: 'it was not asked for' };
  const base = await lab.baseSpeed(subject);
  if ('why' in base) return { why: `float32: ${base.why}` };
  const made = await lab.buildSpeed(build, subject);
  if ('why' in made) return made;
  const ratio = made.figures.tokensPerSecond / base.figures.tokensPerSecond;
  const conditions = speedConditions(lab.options.screen ?? DEFAULT_SCREEN);
  return { figures: { ...conditions, base: base.figures, build: made.figures, ratio }, ratio };
}

function promptRows(pairs: readonly TextPair[]): ValidationReport['quality']['prompts'] {
  return pairs.flatMap(({ prompt, atPrompt }) => (atPrompt === undefined ? [] : [{ prompt, ...atPrompt }]));
}
