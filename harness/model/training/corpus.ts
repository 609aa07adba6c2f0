import { Choices } from './choices.js';
import { futureOfAi } from './stories/future-of-ai.js';
import { helloHowAreYou } from './stories/hello-how-are-you.js';
import { holeInTheGround } from './stories/hole-in-the-ground.js';
import { onceUponATime } from './stories/once-upon-a-time.js';
import { quickBrownFox } from './stories/quick-brown-fox.js';

export interface Story {
  readonly text: string;
  /** What the grammar's choices cost, in nats: an upper bound of the text's own information. */
  readonly nats: number;
}

const KINDS = [onceUponATime, holeInTheGround, quickBrownFox, helloHowAreYou, futureOfAi];

/**
 * Little stories from a seeded grammar, of five kinds, one for each prompt of seed 000. What a story introduces (a name,
 * its pronouns, a thing and its colour, a place, a trouble) is what it comes back to. The same seed gives the same stories.
 */
export function* tellStories(seed: number): Generator<Story, never> {
  const choices = new Choices(seed);
  while (true) {
    const before = choices.nats;
    const sentences = choices.pick(KINDS)(choices);
    yield { text: sentences.join(' '), nats: choices.nats - before };
  }
}

/** The first `count` stories of a seed that are not in `known`, each once. */
export function collectStories(seed: number, count: number, known: ReadonlySet<string> = new Set()): Story[] {
  const stories = new Map<string, Story>();
  for (const story of tellStories(seed)) {
    if (!known.has(story.text)) stories.set(story.text, story);
    if (stories.size >= count) break;
  }
  return [...stories.values()];
}
