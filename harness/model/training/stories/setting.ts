import type { Choices } from '../choices.js';
import type { Character } from './cast.js';
import type { Place } from './lexicon.js';

/** What a fairy tale begins with. */
export interface Setting {
  readonly choices: Choices;
  readonly hero: Character;
  readonly place: Place;
  readonly elder: string;
}
