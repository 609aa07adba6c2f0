import type { Choices } from '../choices.js';
import { type Character, capital, child, one, robot } from './cast.js';
import { COLOURS, FOODS, FRUITS, PASTIMES, PLACES, SIZES, SPOTS, THINGS, TIMES } from './lexicon.js';
import { weather } from './scenery.js';

/** What is to come, and the tale of a small machine that helped a child. */
export function futureOfAi(choices: Choices): string[] {
  const helper = robot(choices);
  const friend = child(choices);
  const plot = choices.pick([lightInTheDark, gardenWork, lostAndFound]);
  return [
    ...forecast(choices),
    ...household(choices, helper, friend),
    ...plot(choices, helper, friend),
    moral(choices),
  ];
}

function forecast(choices: Choices): string[] {
  const quality = choices.pick(['small', 'kind', 'good', 'green', 'warm']);
  return [
    choices.say(
      () => `The future of AI is ${quality} and ${choices.pick(['brave', 'new', 'quick'])}.`,
      () =>
        `The future of AI is a ${choices.pick([...COLOURS, 'little'])} robot in every ${choices.pick(['house', 'garden', 'park'])}.`,
      () => `The future of AI is not big, it is ${quality}.`,
      () =>
        `The future of AI is a little ${choices.pick(['box', 'robot', 'lamp'])} with a ${choices.pick(['big', 'kind', 'warm'])} heart.`,
    ),
    choices.say(
      () =>
        `It will live in a ${choices.pick(SIZES)} ${choices.pick(['box', 'book', 'lamp'])}.`.replace(
          'a old',
          'an old',
        ),
      () =>
        `It will help you to ${choices.pick(PASTIMES)} and to ${choices.pick(['share', 'find friends', 'make food'])}.`,
      () => `It will ${choices.pick(PASTIMES)} with you every ${choices.pick(['day', 'night', 'morning'])}.`,
    ),
  ];
}

function household(choices: Choices, { name }: Character, friend: Character): string[] {
  return [
    choices.say(
      () =>
        `There was a robot named ${name} who lived ${choices.pick(PLACES).at} with a ${friend.kind} named ${friend.name}.`,
      () =>
        `A ${friend.kind} named ${friend.name} had a ${choices.pick(['little', 'new', 'big', ...COLOURS])} robot named ${name}.`,
    ),
    choices.say(
      () =>
        `Every ${choices.pick(['morning', 'night', 'day'])} ${name} made ${choices.pick(FOODS)} for ${friend.name}.`,
      () => `Every ${choices.pick(['morning', 'night', 'day'])} they went ${choices.pick(PLACES).to}.`,
      () => {
        const [can, cannot] = choices.pickSome([...PASTIMES, 'jump', 'sleep'], 2);
        return `${name} could ${can}, but it could not ${cannot}.`;
      },
    ),
  ];
}

function lightInTheDark(choices: Choices, { name }: Character, friend: Character): string[] {
  return [
    choices.say(
      'One night, there was a big rain.',
      () => `One night, the ${choices.pick(['lamp', 'fire'])} went out.`,
    ),
    choices.say(
      `${friend.name} was scared of the night.`,
      `${friend.name} could not sleep.`,
      `Oh no, said ${friend.name}, I am scared.`,
    ),
    choices.say(
      `Do not be scared, said ${name}.`,
      `I am with you, said ${name}.`,
      `Can I help you? said ${name}.`,
    ),
    `${name} had a ${choices.pick(['little', 'small', 'warm'])} ${choices.pick(COLOURS)} lamp.`,
    choices.say(`Please read to me, said ${friend.name}.`, `Please sing for me, said ${friend.name}.`),
    choices.say(
      () =>
        `So ${name} told of a ${choices.pick(['fox', 'rabbit', 'bear', 'mouse', 'bird'])} and a ${choices.pick(COLOURS)} ${choices.pick(THINGS)}.`,
      () =>
        `So ${name} sang about the ${choices.pick(['moon', 'river', 'sun'])} and the ${choices.pick(['hill', 'lake', 'rain'])}.`,
    ),
    choices.say(`Soon ${friend.name} slept well.`, `Soon ${friend.name} was not scared any more.`),
  ];
}

function gardenWork(choices: Choices, { name }: Character, friend: Character): string[] {
  const fruit = choices.pick(FRUITS);
  return [
    choices.say(
      () => `${choices.pick(TIMES)}, ${friend.name} wanted to have ${fruit} in the garden.`,
      () => `${choices.pick(TIMES)}, they looked for ${fruit} in the garden.`,
    ),
    choices.say(
      () => `But the ground is ${choices.pick(['cold', 'wet'])}, said ${friend.name}.`,
      `But there are no ${fruit}, said ${friend.name}.`,
    ),
    choices.say(
      () => `We will make a ${choices.pick(['warm', 'new', 'green'])} garden, said ${name}.`,
      `I will help you, said ${name}.`,
    ),
    choices.say(
      `So they made a new garden together.`,
      () =>
        `${capital(one(choices.pick(SIZES)))} ${choices.pick(['bird', 'cat', 'duck', 'hen', 'dog'])} came to help them.`,
    ),
    choices.say(`The rain came, and then the sun.`, () => weather(choices)),
    choices.say(`Then one morning there were ${fruit}!`, `Soon the garden was full of ${fruit}.`),
    choices.say(
      () => `${friend.name} gave the first of them to ${friend.their} ${choices.pick(['mother', 'father'])}.`,
      `We did it together, said ${friend.name}.`,
      () => `They made ${choices.pick(['a cake', 'some soup'])} with the ${fruit}.`,
    ),
  ];
}

function lostAndFound(choices: Choices, { name }: Character, friend: Character): string[] {
  const thing = choices.pick(THINGS);
  const colour = choices.pick(COLOURS);
  return [
    choices.say(
      () => `${choices.pick(TIMES)}, ${friend.name} could not find ${friend.their} ${colour} ${thing}.`,
      () => `${choices.pick(TIMES)}, ${friend.name} lost a ${colour} ${thing}.`,
    ),
    choices.say(`Oh no, where is my ${thing}? said ${friend.name}.`, `Please help me, said ${friend.name}.`),
    choices.say(
      `I will look for it, said ${name}.`,
      () => `The ${choices.pick(['bird', 'cat', 'dog'])} has it, said ${name}.`,
    ),
    `They went ${choices.pick(PLACES).to} and looked ${choices.pick(SPOTS)}.`,
    choices.say(`There was the ${colour} ${thing}!`, `And there it was, the ${colour} ${thing}.`),
    choices.say(`You are so kind, said ${friend.name}.`, `Thank you, ${name}, said ${friend.name}.`),
    `${choices.say('It is good to help', 'I am your friend', 'We are best friends')}, said ${name}.`,
  ];
}

function moral(choices: Choices): string {
  return choices.say(
    'That is a good future.',
    () => `And so the future is small and ${choices.pick(['kind', 'good'])}.`,
    'A little help is a good future.',
    'The best robot is a good friend.',
  );
}
