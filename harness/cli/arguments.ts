import { InvalidArgumentError } from 'commander';

/** An option that is a whole number from `least` to `most`. */
export function wholeNumber(least: number, most = Number.MAX_SAFE_INTEGER): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (!Number.isInteger(value) || value < least || value > most) {
      const limit = most === Number.MAX_SAFE_INTEGER ? `of at least ${least}` : `from ${least} to ${most}`;
      throw new InvalidArgumentError(`a whole number ${limit} is needed.`);
    }
    return value;
  };
}

/** An option that may be given several times. */
export function collect(text: string, earlier: readonly string[] = []): string[] {
  return [...earlier, text];
}

/** An option of the form KEY=VALUE that may be given several times; whole numbers are numbers. */
export function collectPairs(
  text: string,
  earlier: Readonly<Record<string, string | number>> = {},
): Record<string, string | number> {
  const match = /^([a-z_]+)=(.+)$/.exec(text);
  if (match === null) throw new InvalidArgumentError('KEY=VALUE is needed, such as batch=4.');
  const [, key, value] = match;
  return { ...earlier, [key!]: /^\d+$/.test(value!) ? Number(value) : value! };
}
