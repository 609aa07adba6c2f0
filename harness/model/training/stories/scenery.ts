import type { Choices } from '../choices.js';

/** A sentence of weather. */
export function weather(choices: Choices): string {
  return choices.say(
    () => `The sun was ${choices.pick(['warm', 'red', 'high'])}.`,
    () => `It was a ${choices.pick(['warm', 'cold', 'good'])} ${choices.pick(['day', 'night', 'morning'])}.`,
    () =>
      `The ${choices.pick(['moon', 'sun'])} was high and the ${choices.pick(['river', 'hill', 'garden'])} was ${choices.pick(['white', 'green', 'red'])}.`,
  );
}
