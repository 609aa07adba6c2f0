import type { Choices } from '../choices.js';
import { animalNamed, type Character, capital, one } from './cast.js';
import {
  ANIMALS,
  COLOURS,
  DIGGERS,
  FOODS,
  FRUITS,
  GIFTS,
  HELPLESS,
  KIND_WORDS,
  PASTIMES,
  SIZES,
  SPOTS,
  THINGS,
  TIMES,
} from './lexicon.js';
import { weather } from './scenery.js';

/** A tale of an animal at home in its hole, and of what came to its door. */
export function holeInTheGround(choices: Choices): string[] {
  const hero = animalNamed(choices, choices.pick(DIGGERS));
  const friend = choices.pick(ANIMALS.filter((animal) => animal !== hero.kind));
  const plot = choices.pick([visitor, flood, treasure]);
  return [...home(choices, hero), ...plot(choices, hero, friend)];
}

function home(choices: Choices, { name, kind, they }: Character): string[] {
  const They = capital(they);
  return [
    choices.say(
      () =>
        `In a hole in the ground there lived a ${choices.pick([...KIND_WORDS, 'little'])} ${kind} named ${name}.`,
      () => `In a hole in the ground, ${choices.pick(SPOTS)}, there lived a ${kind} named ${name}.`,
      () =>
        `In a ${choices.pick(['small', 'big', 'warm'])} hole in the ground there lived a ${kind} named ${name}.`,
    ),
    choices.say(
      () =>
        `It was a ${choices.pick(['warm', 'good', 'small'])} hole with a ${choices.pick(COLOURS)} door and ${one(choices.pick(SIZES))} bed.`,
      () =>
        `The hole had a ${choices.pick(COLOURS)} door and ${one(choices.pick(SIZES))} ${choices.pick(['bed', 'lamp'])}.`,
      () => `The hole was full of ${choices.pick(FRUITS)} and ${choices.pick(FOODS)}.`,
    ),
    choices.say(
      () => `${They} liked to eat ${choices.pick(FRUITS)} and to ${choices.pick(PASTIMES)}.`,
      () =>
        `Every ${choices.pick(['morning', 'night', 'day'])} ${name} made ${choices.pick(FOODS)} and sat by the fire.`,
      `${They} was happy, but ${they} had no friends.`,
      () => weather(choices),
    ),
  ];
}

function visitor(choices: Choices, { name, they }: Character, guest: string): string[] {
  const { state } = choices.pick(HELPLESS);
  const food = choices.pick(FOODS);
  return [
    () => `${choices.pick(TIMES)}, ${one(choices.pick(SIZES))} ${guest} came to the door.`,
    () => choices.say(`Who is there? said ${name}.`, `Hello, how are you? said ${name}.`),
    () => choices.say(`It is me, the ${guest}, and I am ${state}.`, `I am ${state}, said the ${guest}.`),
    () => choices.say(`Please help me, said the ${guest}.`, `Can I come in? said the ${guest}.`),
    () =>
      choices.say(`Come in, come in, said ${name}.`, `My hole is small, but you can come in, said ${name}.`),
    () =>
      `${capital(they)} gave the ${guest} some ${choices.pick(['warm', 'good', 'new'])} ${food} and a ${choices.pick(['warm', 'red', 'good'])} ${choices.pick(['bed', 'hat'])}.`,
    () =>
      choices.say(
        `Soon the ${guest} was not ${state} any more.`,
        `It is the best ${food} of all, said the ${guest}.`,
      ),
    () =>
      choices.say(
        `They sat by the fire all night.`,
        `All night they sang by the fire.`,
        `Then they slept all night.`,
      ),
    () =>
      choices.say(
        `Thank you, ${name}, said the ${guest}, I will come back soon.`,
        `You can live with me, said ${name}.`,
        () => `The ${guest} gave ${name} a ${choices.pick(COLOURS)} ${choices.pick(GIFTS)}.`,
      ),
    () =>
      choices.say(
        `From that day, ${name} was not alone any more.`,
        `And every day the ${guest} came back to see ${name}.`,
        `Now two friends lived in the hole.`,
      ),
  ].map((sentence) => sentence());
}

function flood(choices: Choices, { name, they }: Character, friend: string): string[] {
  const They = capital(they);
  const size = choices.pick(SIZES);
  return [
    `${choices.pick(TIMES)}, there was a big rain.`,
    choices.say(`Soon the hole was full of rain.`, `The rain came in by the door.`),
    () => `Oh no, said ${name}, my ${choices.pick(['bed', 'book', 'bread', 'hat'])} is wet.`,
    () =>
      choices.say(
        () => `${They} took a ${choices.pick(['hat', 'lamp', 'box'])} and went out.`,
        `So ${they} went to look for a new home.`,
      ),
    () => `There, ${choices.pick(SPOTS)}, ${they} met ${one(size)} ${friend}.`,
    () => choices.say(`Why are you so wet? said the ${friend}.`, `Where do you go? said the ${friend}.`),
    () => choices.say(`I have no home now, said ${name}.`, `My hole is full of rain, said ${name}.`),
    () =>
      choices.say(
        `Come and live with me, said the ${friend}.`,
        `We can make a new hole, said the ${friend}.`,
      ),
    () => choices.say(`So ${name} went with the ${friend}.`, () => weather(choices)),
    () =>
      choices.say(
        () => `The new home was ${choices.pick(['warm', 'big', 'good'])}.`,
        () => `The new hole had a ${choices.pick(COLOURS)} door.`,
      ),
    () =>
      choices.say(
        `Thank you, said ${name}.`,
        () => `${name} and the ${friend} ate ${choices.pick(FRUITS)} together.`,
      ),
  ].map((sentence) => (typeof sentence === 'string' ? sentence : sentence()));
}

function treasure(choices: Choices, { name, kind, they }: Character, friend: string): string[] {
  const thing = choices.pick(THINGS);
  const colour = choices.pick(COLOURS);
  const They = capital(they);
  return [
    choices.say(
      () => `${choices.pick(TIMES)}, ${name} wanted to make the hole new.`,
      () => `${choices.pick(TIMES)}, ${name} began to look for ${choices.pick(FRUITS)}.`,
    ),
    `There, ${choices.pick(SPOTS)}, ${they} found ${one(choices.pick(SIZES))} ${thing}, and it was ${colour}.`,
    choices.say(`Who lost this ${thing}? said ${name}.`, `What can I do with a ${thing}? said ${name}.`),
    `${They} took it to the ${friend} who lived ${choices.pick(PLACES_NEAR)}.`,
    choices.say(
      `That is my ${thing}, said the ${friend}.`,
      `I lost my ${colour} ${thing}, said the ${friend}.`,
    ),
    choices.say(
      `So ${name} gave it to the ${friend}.`,
      `You can have it now, said ${name}.`,
      `${name} was a good ${kind} and gave it back.`,
    ),
    choices.say(
      `The ${friend} was so happy that it sang.`,
      () => `The ${friend} gave ${name} some ${choices.pick(FRUITS)}.`,
      `You are very kind, said the ${friend}.`,
    ),
    choices.say(
      `That night, ${name} slept well.`,
      `From that day, ${name} and the ${friend} were best friends.`,
      () => `Then they sat down and ate ${choices.pick([...FOODS, ...FRUITS])}.`,
    ),
  ];
}

const PLACES_NEAR = ['by the river', 'by the lake', 'on the hill', 'in the old house'];
