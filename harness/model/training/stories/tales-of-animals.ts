import type { Choices } from '../choices.js';
import { type Character, capital, one } from './cast.js';
import {
  ANIMALS,
  COLOURS,
  FOODS,
  FRUITS,
  GIFTS,
  HELPLESS,
  PASTIMES,
  SIZES,
  SPOTS,
  THINGS,
  TIMES,
} from './lexicon.js';
import { weather } from './scenery.js';
import type { Setting } from './setting.js';

/** A child loses a thing, and an animal helps to find it. */
export function lostThing({ choices, hero, place, elder }: Setting): string[] {
  const { name, they, their } = hero;
  const They = capital(they);
  const thing = choices.pick(THINGS);
  const colour = choices.pick(COLOURS);
  const animal = choices.pick(ANIMALS);
  const size = choices.pick(SIZES);
  const [first, second] = choices.pickSome(SPOTS, 2);
  return [
    `${choices.pick(TIMES)}, ${name} went ${place.to} with ${their} ${colour} ${thing}.`,
    choices.say(
      () => `${They} liked to ${choices.pick(PASTIMES)} there.`,
      () => weather(choices),
      `There ${they} slept ${first}.`,
    ),
    choices.say(
      `But then ${they} could not find the ${thing}.`,
      `When it was time to go home, the ${thing} was not there.`,
    ),
    choices.say(
      `${name} was very sad.`,
      `Oh no, where is my ${thing}? said ${name}.`,
      `What will my ${elder} say? said ${name}.`,
    ),
    `${They} looked ${first}, but the ${thing} was not there.`,
    choices.say(
      `Then ${they} met ${one(size)} ${animal}.`,
      `Then ${one(size)} ${animal} came up to ${name}.`,
    ),
    choices.say(
      `Why are you so sad? said the ${animal}.`,
      `Can I help you? said the ${animal}.`,
      `What do you look for? said the ${animal}.`,
    ),
    choices.say(`I lost my ${colour} ${thing}, said ${name}.`, `I can not find my ${thing}, said ${name}.`),
    choices.say(
      `Do not be sad, said the ${animal}.`,
      `Come with me, said the ${animal}.`,
      `I will help you, said the ${animal}.`,
    ),
    `They looked ${second}, and there was the ${colour} ${thing}!`,
    choices.say(
      () => `Thank you, said ${name}, and ${they} gave the ${animal} some ${choices.pick(FRUITS)}.`,
      `${name} was so happy that ${they} sang with the ${animal}.`,
      `${name} took the ${thing} home to ${their} ${elder}.`,
    ),
    friendsForEver(choices, hero, animal),
  ];
}

/** A child finds an animal in need, and helps it. */
export function helplessAnimal({ choices, hero, place, elder }: Setting): string[] {
  const { name, they, their } = hero;
  const animal = choices.pick(ANIMALS);
  const trouble = choices.pick(HELPLESS);
  const size = choices.pick(SIZES);
  return [
    choices.say(
      () => `${choices.pick(TIMES)}, ${name} went ${place.to}.`,
      () => `${choices.pick(TIMES)}, ${name} went ${place.to} with ${their} ${elder}.`,
      () => `${choices.pick(TIMES)}, ${name} went ${place.to} to look for ${choices.pick(FRUITS)}.`,
    ),
    choices.say(
      () => `There ${they} saw ${one(size)} ${animal} ${choices.pick(SPOTS)}.`,
      () => `There, ${choices.pick(SPOTS)}, ${they} found ${one(size)} ${animal}.`,
    ),
    choices.say(`Why are you so sad? said ${name}.`, `Hello, ${size} ${animal}, said ${name}.`, () =>
      weather(choices),
    ),
    choices.say(
      `I am ${trouble.state}, said the ${animal}.`,
      `Please help me, I am ${trouble.state}, said the ${animal}.`,
    ),
    choices.say(
      `${name} was a good ${hero.kind}.`,
      `Do not be scared, said ${name}.`,
      `I will help you, said ${name}.`,
    ),
    `${capital(they)} ${trouble.cure.replace('{them}', `the ${animal}`)}.`,
    choices.say(
      `Thank you, you are very kind, said the ${animal}.`,
      `Soon the ${animal} was not ${trouble.state} any more.`,
      () => `The ${animal} was happy and began to ${choices.pick(PASTIMES)}.`,
    ),
    choices.say(
      () => `The ${animal} gave ${name} a ${choices.pick(COLOURS)} ${choices.pick(GIFTS)}.`,
      `${name} told ${their} ${elder} about the ${animal}.`,
      `The ${size} ${animal} went home with ${name}.`,
    ),
    friendsForEver(choices, hero, animal),
  ];
}

function friendsForEver(choices: Choices, { name }: Character, animal: string): string {
  return choices.say(
    `From that day, ${name} and the ${animal} were best friends.`,
    `And every day ${name} came back to see the ${animal}.`,
    `That night, ${name} slept well.`,
    () => `Then they sat down and ate ${choices.pick([...FOODS, ...FRUITS])}.`,
  );
}
