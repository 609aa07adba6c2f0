import { capital, child, one } from './cast.js';
import { ANIMALS, COLOURS, FOODS, FRUITS, GIFTS, SIZES, SPOTS, THINGS, TIMES } from './lexicon.js';
import { weather } from './scenery.js';
import type { Setting } from './setting.js';

/** A child learns to share a thing with a friend. */
export function sharedThing({ choices, hero, place, elder }: Setting): string[] {
  const { name, they, their } = hero;
  const friend = child(choices, name);
  const thing = choices.pick(THINGS);
  const colour = choices.pick(COLOURS);
  return [
    `${choices.pick(TIMES)}, ${name} and ${their} friend ${friend.name} went ${place.to}.`,
    choices.say(`${name} had a ${colour} ${thing}.`, `${name} had a new ${thing}, and it was ${colour}.`),
    choices.say(
      `Can I play with your ${thing}? said ${friend.name}.`,
      `I like your ${thing} so much, said ${friend.name}.`,
    ),
    choices.say(`No, it is my ${thing}, said ${name}.`, `You can not have my ${thing}, said ${name}.`),
    choices.say(
      `${friend.name} was sad and went home.`,
      () => `${friend.name} sat down ${choices.pick(SPOTS)} and was sad.`,
    ),
    choices.say(`Now ${name} was alone with the ${thing}.`, () => weather(choices)),
    `${capital(their)} ${elder} said, ${choices.say('good friends share', 'it is good to share', `a ${thing} is not a friend`)}.`,
    choices.say(`So ${name} went to ${friend.name}.`, `So ${name} came back to ${friend.name}.`),
    choices.say(
      `We can play with my ${thing}, said ${name}.`,
      `You can have the ${thing} now, said ${name}.`,
    ),
    choices.say(`Thank you, said ${friend.name}.`, `${friend.name} was happy.`),
    choices.say(
      `They played with the ${colour} ${thing} all day.`,
      () => `Then they ate ${choices.pick([...FOODS, ...FRUITS])} and went home.`,
      `From that day, ${name} and ${friend.name} were best friends.`,
    ),
    choices.say(`And ${they} was not alone any more.`, `That night, ${name} slept well.`),
  ];
}

const DISHES = [
  { dish: 'cake', some: 'a cake' },
  { dish: 'soup', some: 'some soup' },
  { dish: 'bread', some: 'some bread' },
] as const;

/** A child makes something good to eat, with help on the way. */
export function baking({ choices, hero, place, elder }: Setting): string[] {
  const { name, they, their } = hero;
  const { dish, some } = choices.pick(DISHES);
  const fruit = choices.pick(FRUITS);
  const animal = choices.pick(ANIMALS);
  const size = choices.pick(SIZES);
  const They = capital(they);
  return [
    `${choices.pick(TIMES)}, ${name} wanted to make ${some} for ${their} ${elder}.`,
    choices.say(`But there were no ${fruit} in the house.`, `But ${they} had no ${fruit}.`),
    choices.say(
      `So ${they} went ${place.to} to look for ${fruit}.`,
      `So ${they} took a box and went ${place.to}.`,
    ),
    choices.say(`There ${they} met ${one(size)} ${animal}.`, `There ${they} saw ${one(size)} ${animal}.`),
    choices.say(`What do you look for? said the ${animal}.`, `Can I help you? said the ${animal}.`),
    choices.say(
      `I want to find ${fruit} for my ${dish}, said ${name}.`,
      `I want to make ${some} with ${fruit}, said ${name}.`,
    ),
    choices.say(
      `You can have my ${fruit}, said the ${animal}.`,
      () => `There are ${fruit} ${choices.pick(SPOTS)}, said the ${animal}.`,
    ),
    choices.say(
      `${name} took the ${fruit} home and made ${some}.`,
      `${They} took them home and made the ${dish}.`,
    ),
    choices.say(
      `It is the best ${dish} of all, said ${their} ${elder}.`,
      `${capital(their)} ${elder} was very happy and ate it all.`,
    ),
    choices.say(
      `${name} gave some of it to the ${animal} too.`,
      `Then ${name} and the ${animal} ate together.`,
    ),
  ];
}

const FEARS = [
  { of: 'of the night', proof: 'slept alone' },
  { of: 'of the river', proof: 'went into the river' },
  { of: 'of big dogs', proof: 'played with a big dog' },
];

/** A child loses a fear. */
export function fear({ choices, hero, place }: Setting): string[] {
  const { name, they, their } = hero;
  const dread = choices.pick(FEARS);
  const animal = choices.pick(ANIMALS);
  const size = choices.pick(SIZES);
  return [
    `But ${name} was scared ${dread.of}.`,
    choices.say(
      () => `${choices.pick(TIMES)}, ${they} met ${one(size)} ${animal} ${place.at}.`,
      () => `${choices.pick(TIMES)}, ${one(size)} ${animal} came to the house.`,
    ),
    choices.say(`Why are you so sad? said the ${animal}.`, `Come and play with me, said the ${animal}.`),
    choices.say(
      `I can not, I am scared ${dread.of}, said ${name}.`,
      `I am scared ${dread.of}, said ${name}.`,
    ),
    choices.say(
      `I was scared too, said the ${animal}.`,
      `Come with me, said the ${animal}, and we will be brave.`,
      `We can do it together, said the ${animal}.`,
    ),
    choices.say(`So ${name} went with the ${animal}.`, () => weather(choices)),
    `And then ${they} ${dread.proof}!`,
    choices.say(
      `I did it, said ${name}.`,
      `Look at me, said ${name}.`,
      `You are so brave, said the ${animal}.`,
    ),
    choices.say(
      `${name} was so happy that ${they} told ${their} mother.`,
      () => `The ${animal} gave ${name} a ${choices.pick(COLOURS)} ${choices.pick(GIFTS)}.`,
    ),
    `From that day, ${name} was not scared any more.`,
  ];
}
