import { createHash } from 'node:crypto';
import { existsSync, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { ConfigError } from '../../errors.js';
import type { Checkpoint } from '../../model/checkpoint.js';
import { readText } from '../../model/json-file.js';
import type { Tokenizer } from '../../model/tokenizer.js';
import { apartFrom } from './disjoint.js';
import { sampleDocuments } from './sampled-texts.js';
import { shuffled } from './shuffle.js';
import { isFixture, StoryTexts } from './story-texts.js';
import { type Document, readDocuments } from './text-file.js';
import type { TextPart } from './text-part.js';

export interface TextOptions {
  /** Files of documents between blank lines, instead of those beside the model. */
  readonly calibrationFile?: string;
  readonly testFile?: string;
  readonly trainingFile?: string;
  readonly onProgress?: (what: string, done: number, total: number) => void;
  readonly signal?: AbortSignal;
}

export interface TextModel {
  readonly path: string;
  readonly checkpoint: Checkpoint;
  readonly tokenizer: Tokenizer;
}

export interface CalibrationRequest {
  readonly samples: number;
  readonly length: number;
  readonly seed: number;
}

/** Longest document of the test and of training; the model's context when that is less. */
const TEXT_LENGTH = 256;

/** What a model without text samples itself: documents and tokens, at most. A tenth of a millisecond a token for 0.26 M parameters, some milliseconds for 13 M. */
const SAMPLED = {
  test: { documents: 64, tokens: 8192, seed: 1 },
  calibration: { documents: 2048, tokens: 16_384, seed: 2 },
  training: { documents: 2048, tokens: 524_288, seed: 3 },
} as const;
type Part = keyof typeof SAMPLED;

const FILES = { test: 'heldout.txt', calibration: 'calibration.txt', training: 'training.txt' } as const;

/**
 * A model's texts for calibration, test and training, which share no document (compared by content, after cutting). From the files given; else those
 * beside a model's folder; else, for the fixture, from the story generator; else sampled by the model itself. Each is made when first
 * asked for.
 */
export class ModelTexts {
  readonly #model: TextModel;
  readonly #options: TextOptions;
  readonly #length: number;
  readonly #stories: StoryTexts;
  readonly #pools = new Map<string, Promise<TextPart>>();

  constructor(model: TextModel, options: TextOptions = {}) {
    this.#model = model;
    this.#options = options;
    this.#length = Math.min(TEXT_LENGTH, model.checkpoint.config.contextLength);
    this.#stories = new StoryTexts(model.tokenizer);
  }

  /** What builds are scored on. */
  heldOut(): Promise<TextPart> {
    return this.#pool('test', this.#length, () => this.#stories.heldOut(this.#length));
  }

  /** @throws ConfigError `texts-overlap` when all of the text is the test's */
  async calibration({ samples, length, seed }: CalibrationRequest): Promise<TextPart> {
    const cut = Math.min(length, this.#length);
    const generated = this.#isGenerated('calibration');
    const pool = generated
      ? this.#stories.calibration(samples, cut, seed)
      : await this.#pool('calibration', cut, () => this.#stories.calibration(samples, cut, seed));
    const part = await this.#apart(pool, 'calibration', [await this.heldOut()], cut);
    const chosen = generated ? part.documents : shuffled(part.documents, seed);
    return counted({ ...part, documents: chosen }, samples);
  }

  /**
   * What QAT trains on.
   * @param used documents that training will look at, those that come again counted again: a model without text samples no more of its own
   */
  async training(used: number): Promise<TextPart> {
    const generated = this.#isGenerated('training');
    const tell = () => this.#stories.training(this.#length);
    const part = await this.#pool('training', this.#length, tell, used);
    // Calibration stories are told so that no training story is among them.
    const others = generated ? [] : [await this.#pool('calibration', this.#length, () => EMPTY)];
    return this.#apart(part, 'training', [await this.heldOut(), ...others], this.#length);
  }

  /**
   * Of a file that was given, six hex digits that tell its text from every other; undefined where the model's own text is taken, be it that the file given has the
   * same bytes.
   */
  async fileMark(part: Part): Promise<string | undefined> {
    const given = this.#given(part);
    if (given === undefined) return undefined;
    const own = besideModel(this.#model.path, FILES[part]);
    const [mark, usual] = await Promise.all(
      [given, own].map((path) => (path === undefined ? path : markOf(path))),
    );
    return mark === usual ? undefined : mark;
  }

  #given(part: Part): string | undefined {
    const { testFile, calibrationFile, trainingFile } = this.#options;
    return { test: testFile, calibration: calibrationFile, training: trainingFile }[part];
  }

  #isGenerated(part: Part): boolean {
    return this.#fileOf(part) === undefined && isFixture(this.#model.checkpoint);
  }

  #fileOf(part: Part): string | undefined {
    return this.#given(part) ?? besideModel(this.#model.path, FILES[part]);
  }

  /** @param most documents that the model samples itself */
  #pool(
    part: Part,
    length: number,
    tell: () => TextPart,
    most = Number.POSITIVE_INFINITY,
  ): Promise<TextPart> {
    const key = `${part} ${length} ${most}`;
    const known = this.#pools.get(key) ?? this.#makePool(part, length, tell, most);
    this.#pools.set(key, known);
    return known;
  }

  async #makePool(part: Part, length: number, tell: () => TextPart, most: number): Promise<TextPart> {
    const file = this.#fileOf(part);
    if (file !== undefined) {
      const documents = await readDocuments(file, this.#model.tokenizer, length);
      return { source: basename(file), documents: apartFrom(documents).kept };
    }
    if (isFixture(this.#model.checkpoint)) return tell();
    return this.#sample(part, length, most);
  }

  async #sample(part: Part, length: number, most: number): Promise<TextPart> {
    const { onProgress, signal } = this.#options;
    const request = SAMPLED[part];
    const documents = await sampleDocuments(this.#model.checkpoint, {
      ...request,
      documents: Math.min(most, request.documents),
      length,
      onProgress: (done, total) => onProgress?.(`sampling ${part} text`, done, total),
      ...(signal === undefined ? {} : { signal }),
    });
    const source = `text that the model sampled itself (temperature 1, seed ${request.seed})`;
    return { source, documents: apartFrom(documents.filter((ids) => ids.length > 1)).kept };
  }

  async #apart(part: TextPart, what: Part, others: readonly TextPart[], length: number): Promise<TextPart> {
    const cut = others.map(({ documents }) => documents.map((ids) => ids.slice(0, length)));
    const { kept, dropped } = apartFrom(part.documents, ...cut);
    if (kept.length === 0) {
      const message = `the ${what} text (${part.source}) has no document that another part does not have: give it a file of its own`;
      throw new ConfigError('texts-overlap', message, { part: what });
    }
    const left = dropped === 0 ? '' : `; ${dropped} left out that are in another part`;
    return { source: `${part.source}${left}`, documents: kept };
  }
}

const EMPTY: TextPart = { source: '', documents: [] };

function counted({ source, documents }: TextPart, samples: number): TextPart {
  if (documents.length >= samples) return { source, documents: documents.slice(0, samples) };
  return { source: `${source}; ${documents.length} of ${samples} samples: there are no more`, documents };
}

async function markOf(path: string): Promise<string> {
  return createHash('sha256')
    .update(await readText(path))
    .digest('hex')
    .slice(0, 6);
}

function besideModel(path: string, name: string): string | undefined {
  const folder = statSync(path, { throwIfNoEntry: false })?.isDirectory() === true ? path : dirname(path);
  const file = join(folder, name);
  return existsSync(file) ? file : undefined;
}

/** Of documents so many that the positions to predict are about `positions`; the last one is cut. */
export function limitPositions(documents: readonly Document[], positions: number): Document[] {
  const chosen: Document[] = [];
  let left = positions;
  for (const ids of documents) {
    if (left < 1) break;
    chosen.push(ids.slice(0, left + 1));
    left -= ids.length - 1;
  }
  return chosen;
}
