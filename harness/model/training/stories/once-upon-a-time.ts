import type { Choices } from '../choices.js';
import { capital, child, one } from './cast.js';
import { COLOURS, FOODS, FRUITS, KIND_WORDS, PASTIMES, PLACES, SIZES, THINGS } from './lexicon.js';
import type { Setting } from './setting.js';
import { helplessAnimal, lostThing } from './tales-of-animals.js';
import { baking, fear, sharedThing } from './tales-of-learning.js';

/** A fairy tale of a child: introduced, sent out, met with trouble, and home again. */
export function onceUponATime(choices: Choices): string[] {
  const setting = {
    choices,
    hero: child(choices),
    place: choices.pick(PLACES),
    elder: choices.pick(['mother', 'father']),
  };
  const plot = choices.pick([lostThing, helplessAnimal, sharedThing, baking, fear]);
  return [...introduction(setting), ...plot(setting)];
}

function introduction({ choices, hero, elder }: Setting): string[] {
  const { name, kind, they, their } = hero;
  const They = capital(they);
  const nature = choices.pick(['little', ...KIND_WORDS]);
  return [
    choices.say(
      `Once upon a time, there was a ${nature} ${kind} named ${name}.`,
      `Once upon a time there lived a ${nature} ${kind} named ${name}.`,
    ),
    choices.say(
      () => `${They} lived ${choices.pick(PLACES).at} with ${their} ${elder}.`,
      () => `${They} lived in ${one(choices.pick([...SIZES, ...COLOURS]))} house with ${their} ${elder}.`,
      () => `${They} liked to ${choices.pick(PASTIMES)} ${choices.pick(PLACES).at}.`,
      () =>
        `${name} had a little ${choices.pick(['cat', 'dog', 'duck', 'hen'])} and a ${choices.pick(COLOURS)} ${choices.pick(THINGS)}.`,
      () => `${They} liked to eat ${choices.pick([...FOODS, ...FRUITS])} and to ${choices.pick(PASTIMES)}.`,
    ),
  ];
}
