import type { Choices } from '../choices.js';
import { type Character, capital, child, one } from './cast.js';
import {
  ANIMALS,
  COLOURS,
  FOODS,
  FRUITS,
  GIFTS,
  HELPLESS,
  KIND_WORDS,
  PASTIMES,
  PLACES,
  type Place,
  SIZES,
  SPOTS,
  THINGS,
  TIMES,
} from './lexicon.js';
import { weather } from './scenery.js';

interface Setting {
  readonly choices: Choices;
  readonly hero: Character;
  readonly place: Place;
  readonly elder: string;
}

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

function lostThing({ choices, hero, place, elder }: Setting): string[] {
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

function helplessAnimal({ choices, hero, place, elder }: Setting): string[] {
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

function sharedThing({ choices, hero, place, elder }: Setting): string[] {
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

function baking({ choices, hero, place, elder }: Setting): string[] {
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

function fear({ choices, hero, place }: Setting): string[] {
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

function friendsForEver(choices: Choices, { name }: Character, animal: string): string {
  return choices.say(
    `From that day, ${name} and the ${animal} were best friends.`,
    `And every day ${name} came back to see the ${animal}.`,
    `That night, ${name} slept well.`,
    () => `Then they sat down and ate ${choices.pick([...FOODS, ...FRUITS])}.`,
  );
}
