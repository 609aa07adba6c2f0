/**
 * The words that the stories draw from. They are few on purpose: 512 pieces spell only so many words whole, and a model of
 * one layer is good at choosing words and poor at spelling them.
 */

export const ANIMALS = ['rabbit', 'mouse', 'frog', 'bear', 'bird', 'cat', 'dog', 'duck', 'hen', 'owl'];

export const DIGGERS = ['rabbit', 'mouse', 'mole', 'frog'];

export const SIZES = ['little', 'small', 'big', 'old', 'white'];

/** Where to go, with the words that lead there and the words for being there. */
export const PLACES = [
  { to: 'to the park', at: 'in the park' },
  { to: 'to the river', at: 'by the river' },
  { to: 'up the hill', at: 'on the hill' },
  { to: 'to the lake', at: 'by the lake' },
  { to: 'to the garden', at: 'in the garden' },
  { to: 'to the farm', at: 'on the farm' },
] as const;
export type Place = (typeof PLACES)[number];

export const COLOURS = ['red', 'blue', 'green', 'white'];

export const THINGS = ['ball', 'hat', 'book', 'boat', 'lamp', 'bell', 'box', 'ring'];

/** Places to find something, on and in the ground. */
export const SPOTS = ['under a big stone', 'behind an old tree', 'in the tall grass', 'by the old door'];

export const FOODS = ['bread', 'soup', 'cake', 'rice'];

export const FRUITS = ['apples', 'nuts', 'pears'];

export const LOW_FEELINGS = ['sad', 'scared', 'cold', 'hungry'];

export const KIND_WORDS = ['kind', 'happy', 'good', 'brave'];

export const TIMES = ['One day', 'One morning', 'One night', 'One cold day'];

export const GIFTS = ['stone', 'ring', 'bell'];

export const PASTIMES = ['sing', 'read', 'play', 'run'];

export const HELPLESS = [
  { state: 'cold', cure: 'gave {them} a warm hat' },
  { state: 'hungry', cure: 'gave {them} some bread' },
  { state: 'lost', cure: 'took {them} home' },
  { state: 'wet', cure: 'made a warm fire' },
] as const;
