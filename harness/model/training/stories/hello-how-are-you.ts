import type { Choices } from '../choices.js';
import { type Character, child } from './cast.js';
import {
  COLOURS,
  FOODS,
  FRUITS,
  GIFTS,
  LOW_FEELINGS,
  PASTIMES,
  PLACES,
  SIZES,
  SPOTS,
  THINGS,
} from './lexicon.js';
import { weather } from './scenery.js';

/** A talk between two children, turn by turn. */
export function helloHowAreYou(choices: Choices): string[] {
  const asks = child(choices);
  const answers = child(choices, asks.name);
  const topic = choices.pick([goingOut, feelingLow, foodAndFriends]);
  return [
    greeting(choices, asks, answers),
    ...topic(choices, asks, answers),
    ...farewell(choices, asks, answers),
  ];
}

function greeting(choices: Choices, asks: Character, answers: Character): string {
  return choices.say(
    `Hello, how are you? said ${asks.name}.`,
    () => `Hello, how are you? said ${asks.name} ${choices.pick(PLACES).at}.`,
    `Hello, how are you? said ${asks.name} to ${answers.name}.`,
    `Hello, ${answers.name}, how are you? said ${asks.name}.`,
  );
}

function goingOut(choices: Choices, asks: Character, answers: Character): string[] {
  const place = choices.pick(PLACES);
  const thing = choices.pick(THINGS);
  const colour = choices.pick(COLOURS);
  return [
    choices.say(
      `I am well, thank you, said ${answers.name}.`,
      () => `I am ${choices.pick(['happy', 'very happy', 'very well'])}, said ${answers.name}.`,
    ),
    choices.say(`Where do you go? said ${asks.name}.`, `What do you want to do? said ${asks.name}.`),
    choices.say(
      `I will go ${place.to} with my ${colour} ${thing}, said ${answers.name}.`,
      () => `I will go ${place.to} to ${choices.pick(PASTIMES)}, said ${answers.name}.`,
    ),
    choices.say(
      `Can I come with you? said ${asks.name}.`,
      () => `I like to ${choices.pick(PASTIMES)} ${place.at} too, said ${asks.name}.`,
    ),
    choices.say(
      `Please come with me, said ${answers.name}.`,
      `You can have my ${thing}, said ${answers.name}.`,
    ),
    choices.say(
      () => `I have ${choices.pick(FRUITS)} and ${choices.pick(FOODS)}, said ${asks.name}.`,
      () => `I will take my ${choices.pick(COLOURS)} ${choices.pick(THINGS)}, said ${asks.name}.`,
    ),
    choices.say(
      `So ${asks.name} and ${answers.name} went ${place.to}.`,
      `They played ${place.at} all day.`,
      () => weather(choices),
    ),
  ];
}

function feelingLow(choices: Choices, asks: Character, answers: Character): string[] {
  const feeling = choices.pick(LOW_FEELINGS);
  const thing = choices.pick(THINGS);
  const colour = choices.pick(COLOURS);
  const spot = choices.pick(SPOTS);
  return [
    choices.say(
      `I am ${feeling}, said ${answers.name}.`,
      `I am not well, I am ${feeling}, said ${answers.name}.`,
    ),
    choices.say(`Why are you so ${feeling}? said ${asks.name}.`, `Oh no, why is that? said ${asks.name}.`),
    choices.say(
      () => `I lost my ${colour} ${thing} ${choices.pick(PLACES).at}, said ${answers.name}.`,
      `I can not find my ${thing}, said ${answers.name}.`,
    ),
    choices.say(
      `Do not be ${feeling}, said ${asks.name}, I will help you.`,
      () => `You can have my ${choices.pick(COLOURS)} ${choices.pick(THINGS)}, said ${asks.name}.`,
    ),
    choices.say(`I saw a ${thing} ${spot}, said ${asks.name}.`, `We can look ${spot}, said ${asks.name}.`),
    choices.say(`They looked ${spot}, and there was the ${thing}!`, `So they went and looked ${spot}.`),
    choices.say(
      `Thank you, ${asks.name}, said ${answers.name}.`,
      `Soon ${answers.name} was not ${feeling} any more.`,
      () => `${answers.name} gave ${asks.name} a ${choices.pick(COLOURS)} ${choices.pick(GIFTS)}.`,
    ),
  ];
}

function foodAndFriends(choices: Choices, asks: Character, answers: Character): string[] {
  const food = choices.pick(FOODS);
  const fruit = choices.pick(FRUITS);
  const pet = choices.pick(['cat', 'dog', 'duck', 'hen', 'rabbit', 'mouse', 'bird']);
  return [
    choices.say(
      `I am well, but I am hungry, said ${answers.name}.`,
      `I am well, and how are you? said ${answers.name}.`,
    ),
    choices.say(`Do you like ${food}? said ${asks.name}.`, `I have some ${food} for you, said ${asks.name}.`),
    choices.say(
      `I like ${food} very much, said ${answers.name}.`,
      `No, but I like ${fruit}, said ${answers.name}.`,
      `I like ${food} and ${fruit}, said ${answers.name}.`,
    ),
    choices.say(`Do you have a ${pet}? said ${asks.name}.`, `Who is your best friend? said ${asks.name}.`),
    choices.say(
      () => `It is my ${choices.pick(SIZES)} ${pet}, said ${answers.name}.`,
      () =>
        `I have a ${choices.pick(['little', 'small', 'big', 'white'])} ${pet} ${choices.pick(PLACES).at}, said ${answers.name}.`,
    ),
    choices.say(
      `What do you play with your ${pet}? said ${asks.name}.`,
      `Can I play with your ${pet}? said ${asks.name}.`,
    ),
    choices.say(
      () => `We play with a ${choices.pick(COLOURS)} ${choices.pick(THINGS)}, said ${answers.name}.`,
      `Come to my house and see, said ${answers.name}.`,
      () => `We like to ${choices.pick(PASTIMES)} ${choices.pick(SPOTS)}, said ${answers.name}.`,
    ),
  ];
}

function farewell(choices: Choices, asks: Character, answers: Character): string[] {
  return [
    choices.say(
      `It was a good day, said ${asks.name}.`,
      `You are my best friend, said ${asks.name}.`,
      () => `We will ${choices.pick(PASTIMES)} together soon, said ${asks.name}.`,
    ),
    choices.say(
      `Good night, ${asks.name}, said ${answers.name}.`,
      `I will see you soon, said ${answers.name}.`,
      `And then they went home.`,
    ),
  ];
}
