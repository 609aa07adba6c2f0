import type { Checkpoint } from '../../model/checkpoint.js';
import type { Tokenizer } from '../../model/tokenizer.js';
import { collectStories, type Story } from '../../model/training/corpus.js';
import { encodeStories } from '../../model/training/documents.js';
import { CONFIG, heldOutStories, RECIPE, trainingStories } from '../../model/training/recipe.js';
import type { TextPart } from './text-part.js';

/** Calibration stories are of this seed plus the recipe's. */
const CALIBRATION_SEED = 3000;

/** More than QAT's steps look at; to encode all 24,000 takes its time. */
const MOST_TRAINED = 4096;

/** Whether a model is the fixture, whose text has a generator. */
export function isFixture({ name, config }: Checkpoint): boolean {
  return name === RECIPE.name && JSON.stringify(config) === JSON.stringify(CONFIG);
}

/** The fixture's three texts; none of a part's stories is in another. Telling all stories takes a second, once. */
export class StoryTexts {
  #training: Story[] | undefined;
  #heldOut: Story[] | undefined;

  constructor(private readonly tokenizer: Pick<Tokenizer, 'encode'>) {}

  training(length: number): TextPart {
    const { trainingSeed } = RECIPE;
    const some = this.#trainingStories.slice(0, MOST_TRAINED);
    return this.#part(some, length, `the fixture's training stories (seed ${trainingSeed})`);
  }

  heldOut(length: number): TextPart {
    const { heldOutSeed } = RECIPE;
    return this.#part(this.#heldOutStories, length, `the fixture's held-out stories (seed ${heldOutSeed})`);
  }

  calibration(samples: number, length: number, seed: number): TextPart {
    const known = new Set([...this.#trainingStories, ...this.#heldOutStories].map(({ text }) => text));
    const own = CALIBRATION_SEED + seed;
    return this.#part(
      collectStories(own, samples, known),
      length,
      `stories of the fixture's kinds (seed ${own})`,
    );
  }

  get #trainingStories(): Story[] {
    this.#training ??= trainingStories();
    return this.#training;
  }

  get #heldOutStories(): Story[] {
    this.#heldOut ??= heldOutStories(this.#trainingStories);
    return this.#heldOut;
  }

  #part(stories: readonly Story[], length: number, source: string): TextPart {
    const { documents } = encodeStories(stories, this.tokenizer, RECIPE.longestStoryTokens);
    return { source, documents: documents.map((ids) => ids.slice(0, length)) };
  }
}
