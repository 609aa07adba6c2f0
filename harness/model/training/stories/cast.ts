import type { Choices } from '../choices.js';

/** Someone in a story: the name brings its pronouns, and both stay the same to the end. */
export interface Character {
  readonly name: string;
  readonly kind: string;
  readonly they: string;
  readonly them: string;
  readonly their: string;
}

const GIRLS = ['Lily', 'Mia', 'Sue', 'Ann'];
const BOYS = ['Tom', 'Ben', 'Sam', 'Max'];
const ANIMAL_NAMES = ['Pip', 'Dot', 'Bun'];
const ROBOT_NAMES = ['Bit', 'Zip'];

const HER = { they: 'she', them: 'her', their: 'her' };
const HIM = { they: 'he', them: 'him', their: 'his' };

/** A girl or a boy, other than those of the given names. */
export function child(choices: Choices, ...taken: string[]): Character {
  const kind = choices.pick(['girl', 'boy']);
  const names = (kind === 'girl' ? GIRLS : BOYS).filter((name) => !taken.includes(name));
  return { name: choices.pick(names), kind, ...(kind === 'girl' ? HER : HIM) };
}

/** An animal of the given kind, with a name. */
export function animalNamed(choices: Choices, kind: string): Character {
  return { name: choices.pick(ANIMAL_NAMES), kind, ...choices.pick([HER, HIM]) };
}

export function robot(choices: Choices): Character {
  return { name: choices.pick(ROBOT_NAMES), kind: 'robot', they: 'it', them: 'it', their: 'its' };
}

/** With a capital, for the head of a sentence. */
export function capital(word: string): string {
  return word.charAt(0).toUpperCase() + word.slice(1);
}

/** With its article: a fox, an owl. */
export function one(noun: string): string {
  return `${'aeiou'.includes(noun.charAt(0)) ? 'an' : 'a'} ${noun}`;
}
