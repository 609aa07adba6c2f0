import { setMaxListeners } from 'node:events';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { resolvePrompts } from '../../bench/prompts.js';
import { SharedWork } from '../../bench/shared-work.js';
import { readEnvironment } from '../../config/environment.js';
import type { Checkpoint } from '../../model/checkpoint.js';
import { exportCard } from '../../model/export-card.js';
import type { PackedModel } from '../../model/packed-model.js';
import { cardFolderName } from '../../model/weight-format.js';
import { shareModel } from '../../reference/fast/share-model.js';
import { calibrate } from '../calibration/calibrate.js';
import type { Calibration } from '../quantized-model.js';
import type { Recipe } from '../recipe.js';
import { answerTask, type EncodedQuestion, encodeTask } from '../tasks/answer-task.js';
import { readTask } from '../tasks/task-file.js';
import { type CalibrationRequest, limitPositions, ModelTexts } from '../texts/model-texts.js';
import type { TextPart } from '../texts/text-part.js';
import { type BaseTexts, writeBaseTexts } from './base-texts.js';
import type { Build } from './build.js';
import {
  DEFAULT_PROMPTS,
  DEFAULT_SCREEN,
  type LabOptions,
  type LabProgress,
  PROMPT_TOKENS,
} from './lab-options.js';
import { measureSpeed, type SpeedRun } from './speed.js';
import { readSubject, type Subject } from './subject.js';

/** A calibration with where its text came from. */
export interface Calibrated {
  readonly calibration: Calibration;
  readonly text: TextPart;
}

/** A task in a model's tokens. */
export interface AskedTask {
  readonly source: string;
  readonly questions: readonly EncodedQuestion[];
}

/**
 * What many builds have in common, made once: models, texts, calibrations, what float32 writes and how fast it runs. Virtual boards have a
 * state of their own, so that several labs may work at the same time.
 */
export class Lab implements AsyncDisposable {
  readonly options: LabOptions;
  readonly threads: number;
  readonly tell: LabProgress;
  readonly #kept = new SharedWork(64);
  readonly #texts = new Map<string, ModelTexts>();
  readonly #stateFolder: string;
  readonly #runsFolder: string;

  private constructor(options: LabOptions, stateFolder: string, runsFolder: string) {
    this.options = options;
    this.threads = options.threads ?? Math.min(8, availableParallelism());
    this.tell = options.onProgress ?? (() => {});
    this.#stateFolder = stateFolder;
    this.#runsFolder = runsFolder;
  }

  static async open(options: LabOptions = {}): Promise<Lab> {
    const environment = readEnvironment();
    const parent = join(options.stateFolder ?? environment.stateFolder, 'lab');
    await mkdir(parent, { recursive: true });
    // Each document that is scored listens for the end.
    if (options.signal !== undefined) setMaxListeners(0, options.signal);
    return new Lab(
      options,
      await mkdtemp(join(parent, 'boards-')),
      options.runsFolder ?? environment.runsFolder,
    );
  }

  /** Its weights are in memory that threads share: every pool would make a copy of its own. */
  subject(path: string): Promise<Subject> {
    return this.#kept.get(`subject ${path}`, async () => {
      const subject = await readSubject(path, this.options.tokenizer);
      return { ...subject, checkpoint: shareModel(subject.checkpoint) as Checkpoint };
    });
  }

  async heldOut(subject: Subject): Promise<TextPart> {
    const { source, documents } = await this.textsOf(subject).heldOut();
    const { testTokens } = this.options;
    if (testTokens === undefined) return { source, documents };
    return { source, documents: limitPositions(documents, testTokens) };
  }

  calibrationText(subject: Subject, request: CalibrationRequest): Promise<TextPart> {
    return this.textsOf(subject).calibration(request);
  }

  calibration(subject: Subject, request: CalibrationRequest): Promise<Calibrated> {
    return this.#kept.get(`calibration ${subject.hash} ${JSON.stringify(request)}`, async () => {
      const text = await this.calibrationText(subject, request);
      const calibration = await calibrate(subject.checkpoint, text.documents, {
        threads: this.threads,
        onProgress: (done, total) => this.tell('calibrating', done, total),
        ...this.#signal,
      });
      return { calibration, text };
    });
  }

  /** Tells a build's text from the model's own: `ModelTexts.fileMark` of what its method looks at. */
  async textMark(subject: Subject, { method }: Recipe): Promise<string | undefined> {
    if (method === 'qat') return this.textsOf(subject).fileMark('training');
    return method === 'gptq' || method === 'awq' ? this.textsOf(subject).fileMark('calibration') : undefined;
  }

  /** @param used as in `ModelTexts.training` */
  training(subject: Subject, used: number): Promise<TextPart> {
    return this.textsOf(subject).training(used);
  }

  /**
   * The options' task; undefined where none was given.
   * @throws ConfigError naming file and line
   */
  async task({ hash, tokenizer, checkpoint: { config } }: Subject): Promise<AskedTask | undefined> {
    const { task: file } = this.options;
    if (file === undefined) return undefined;
    return this.#kept.get(`task ${hash}`, async () => {
      const task = await readTask(file);
      return { source: task.source, questions: encodeTask(task, tokenizer, config) };
    });
  }

  /** Which of the questions float32 answers right. */
  baseAnswers({ hash, checkpoint }: Subject, { questions }: AskedTask): Promise<boolean[]> {
    return this.#kept.get(`answers ${hash}`, () => this.answers(checkpoint, questions));
  }

  /** Which of a task's questions a model answers right. */
  answers(model: Checkpoint | PackedModel, questions: readonly EncodedQuestion[]): Promise<boolean[]> {
    return answerTask(model, questions, {
      threads: this.threads,
      onProgress: (done, total) => this.tell(`${model.name} answers`, done, total),
      ...this.#signal,
    });
  }

  baseTexts(subject: Subject): Promise<BaseTexts> {
    const { prompts = DEFAULT_PROMPTS, promptTokens = PROMPT_TOKENS, signal } = this.options;
    return this.#kept.get(`texts ${subject.hash}`, async () =>
      writeBaseTexts(
        subject,
        await resolvePrompts(prompts),
        promptTokens,
        (done, total) => this.tell('float32 writes', done, total),
        signal,
      ),
    );
  }

  /** float32's. */
  baseSpeed(subject: Subject): Promise<SpeedRun> {
    this.tell('float32 on the virtual board', 0, 0);
    const { path: model, tokenizerPath: tokenizer } = subject;
    return this.#kept.get(`speed ${subject.hash}`, () =>
      this.#speed(
        { model, format: 'float32', ...(tokenizer === undefined ? {} : { tokenizer }) },
        `lab ${subject.checkpoint.name} float32`,
      ),
    );
  }

  /** A build's that a card holds. */
  async buildSpeed(build: Build, { tokenizerPath: tokenizer }: Subject): Promise<SpeedRun> {
    this.tell(`${build.name} on the virtual board`, 0, 0);
    const model = build.cardFolder ?? (await this.#exported(build, tokenizer));
    return this.#speed({ model, ...(tokenizer === undefined ? {} : { tokenizer }) }, `lab ${build.name}`);
  }

  #speed(model: Parameters<typeof measureSpeed>[0], title: string): Promise<SpeedRun> {
    const { screen = DEFAULT_SCREEN } = this.options;
    return measureSpeed(model, title, {
      screen,
      stateFolder: this.#stateFolder,
      runsFolder: this.#runsFolder,
      ...this.#signal,
    });
  }

  async #exported({ packed }: Build, tokenizerPath: string | undefined): Promise<string> {
    const folder = join(
      await mkdtemp(join(this.#stateFolder, 'card-')),
      cardFolderName(packed!.weightFormat),
    );
    await exportCard(packed!, folder, tokenizerPath === undefined ? {} : { tokenizerPath });
    return folder;
  }

  private textsOf(subject: Subject): ModelTexts {
    const made = this.#texts.get(subject.hash) ?? this.#openTexts(subject);
    this.#texts.set(subject.hash, made);
    return made;
  }

  #openTexts(subject: Subject): ModelTexts {
    return new ModelTexts(subject, { ...this.options.texts, onProgress: this.tell, ...this.#signal });
  }

  get #signal(): { readonly signal?: AbortSignal } {
    const { signal } = this.options;
    return signal === undefined ? {} : { signal };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.#stateFolder, { recursive: true, force: true });
  }
}
