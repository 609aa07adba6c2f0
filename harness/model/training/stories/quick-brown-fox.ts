import type { Choices } from '../choices.js';
import { capital, one } from './cast.js';
import { ANIMALS, COLOURS, FOODS, FRUITS, GIFTS, PASTIMES, PLACES, SIZES, SPOTS, TIMES } from './lexicon.js';
import { weather } from './scenery.js';

/** A fable of the fox, with another animal and a lesson. */
export function quickBrownFox(choices: Choices): string[] {
  const plot = choices.pick([lazyDog, race, stolenFood, trapped]);
  return plot(choices);
}

function opening(choices: Choices): string {
  return choices.say(
    'The quick brown fox',
    () => `The ${choices.pick(['old brown', 'quick red', 'quick brown'])} fox`,
  );
}

function lazyDog(choices: Choices): string[] {
  const place = choices.pick(PLACES);
  return [
    choices.say(
      `${opening(choices)} jumped over the lazy dog.`,
      () => `${opening(choices)} jumped over the lazy dog ${choices.pick(PLACES).at}.`,
    ),
    choices.say(
      () => `The dog was ${choices.pick(['very sad', 'not happy', 'scared'])}.`,
      () => weather(choices),
    ),
    choices.say(
      'What do you want? said the dog.',
      'I want to sleep, said the dog.',
      'Why do you jump over me? said the dog.',
    ),
    choices.say(
      'I am quick and you are lazy, said the fox.',
      'I want to play with you, said the fox.',
      'You sleep all day, said the fox.',
    ),
    choices.say(
      () => `I am not lazy, I am ${choices.pick(['old', 'cold', 'hungry', 'sad'])}, said the dog.`,
      () => `I want to ${choices.pick(PASTIMES)} and to eat ${choices.pick(FOODS)}, said the dog.`,
      'I can jump too, said the dog.',
    ),
    choices.say(
      `Come with me ${place.to}, said the fox.`,
      () => `There is ${choices.pick(FOODS)} ${place.at}, said the fox.`,
    ),
    choices.say('So the dog ran with the fox.', 'So they ran together.'),
    choices.say(
      `They ran ${place.to} and back.`,
      `They played ${place.at} all day.`,
      () =>
        `They met ${one(choices.pick(SIZES))} ${choices.pick(ANIMALS.filter((animal) => animal !== 'dog'))} ${place.at}.`,
    ),
    choices.say(
      'From that day, the dog was not lazy any more.',
      'That night, the fox and the dog slept well.',
      'Now the dog jumped over the fox.',
      () => `Then they ate ${choices.pick([...FOODS, ...FRUITS])} together.`,
    ),
  ];
}

function race(choices: Choices): string[] {
  const rival = choices.pick(ANIMALS);
  const size = choices.pick(SIZES);
  const snack = choices.pick(FRUITS);
  return [
    `${opening(choices)} ran ${choices.pick(PLACES).to} every ${choices.pick(['day', 'morning', 'night'])}.`,
    choices.say('I am so quick, said the fox.', 'I am the best of all, said the fox.'),
    choices.say(
      `No, said ${one(size)} ${rival}, I am quick too.`,
      `${capital(one(size))} ${rival} came up to the fox.`,
    ),
    choices.say(`Can you run with me? said the ${rival}.`, `I will run with you, said the ${rival}.`),
    choices.say(
      () => `So they ran ${choices.pick(PLACES).to}.`,
      () => weather(choices),
    ),
    choices.say('Soon the fox was alone.', () => `Soon the fox was ${choices.pick(PLACES).at}.`),
    choices.say(
      `Then the fox saw some ${snack} and sat down to eat.`,
      () => `But then the fox slept ${choices.pick(SPOTS)}.`,
    ),
    `The ${rival} ran and ran, and it came home first.`,
    choices.say(
      `You are so quick, said the fox.`,
      `The fox was sad, but the ${rival} gave it some ${snack}.`,
      () => `The fox gave the ${rival} a ${choices.pick(COLOURS)} ${choices.pick(GIFTS)}.`,
    ),
    choices.say(
      `From that day, the fox and the ${rival} were best friends.`,
      `That night, the ${rival} slept well.`,
    ),
  ];
}

function stolenFood(choices: Choices): string[] {
  const owner = choices.pick(ANIMALS);
  const food = choices.pick(FOODS);
  const size = choices.pick(SIZES);
  return [
    `${opening(choices)} was very hungry.`,
    choices.say(
      () => `It looked for food ${choices.pick(PLACES).at}, but there was no food.`,
      () => weather(choices),
    ),
    choices.say(
      () => `Then it saw ${one(size)} ${owner} ${choices.pick(SPOTS)} with some ${food}.`,
      () => `${capital(one(size))} ${owner} sat ${choices.pick(SPOTS)} with some ${food}.`,
    ),
    choices.say(
      `You sing so well, said the fox, please sing for me. So the ${owner} began to sing.`,
      () =>
        `Look, there is a ${choices.pick(['bear', 'dog', 'big bird'])} by the door, said the fox. The ${owner} looked, but there was no one.`,
    ),
    choices.say(`Then the fox took the ${food} and ran.`, `The fox jumped and took the ${food}.`),
    choices.say(`Oh no, where is my ${food}? said the ${owner}.`, `The ${owner} was very sad.`),
    choices.say('Now the fox was sad too.', `The fox saw this and came back.`),
    choices.say('I was so hungry, said the fox.', `The fox gave back the ${food}.`),
    choices.say(`We can share the ${food}, said the ${owner}.`, `It is good to share, said the ${owner}.`),
    choices.say(
      `So they ate the ${food} together.`,
      () => `They sat down ${choices.pick(SPOTS)} and ate the ${food}.`,
      `From that day, the fox and the ${owner} were best friends.`,
    ),
  ];
}

function trapped(choices: Choices): string[] {
  const helper = choices.pick(['mouse', 'bird', 'frog', 'duck', 'hen', 'rabbit']);
  const trap = choices.pick(['box', 'hole', 'river']);
  return [
    `${opening(choices)} lived ${choices.pick(PLACES).at}.`,
    choices.say(
      () => `${choices.pick(TIMES)}, the fox met a little ${helper}.`,
      () => `${choices.pick(TIMES)}, the fox found a little ${helper} ${choices.pick(SPOTS)}.`,
    ),
    choices.say(`Please do not eat me, said the ${helper}.`, `I am so small, said the ${helper}.`),
    choices.say(`One day I will help you, said the ${helper}.`, `I will be your friend, said the ${helper}.`),
    choices.say(`So the fox did not eat the ${helper}.`, `You can go home, said the fox.`),
    choices.say(
      () => `${choices.pick(TIMES)}, the fox was lost in a ${trap}.`,
      `Soon the fox was in a big ${trap}.`,
    ),
    choices.say('Please help me, said the fox.', () => weather(choices)),
    choices.say(`Then the little ${helper} came.`, `The ${helper} saw the fox.`),
    choices.say(`Do not be scared, said the ${helper}.`, `I will help you, said the ${helper}.`),
    choices.say(
      `And soon the fox was out of the ${trap}.`,
      () => `Then the ${helper} came back with ${one(choices.pick(SIZES))} ${choices.pick(ANIMALS)}.`,
    ),
    choices.say(
      `Thank you, said the fox, small friends are good friends.`,
      `From that day, the fox and the ${helper} were best friends.`,
      () => `The fox gave the ${helper} some ${choices.pick(FRUITS)}.`,
    ),
  ];
}
