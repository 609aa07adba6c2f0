/** The named groups of a match; those that took no part are absent. */
export type Groups = Readonly<Record<string, string | undefined>>;

export interface Pattern {
  /** The leftmost match anywhere in `text`, or undefined. */
  match(text: string): Groups | undefined;
}

export function compilePattern(source: string): Pattern {
  const expression = new RegExp(source, 'u');
  return {
    match(text) {
      const found = expression.exec(text);
      return found === null ? undefined : (found.groups ?? {});
    },
  };
}

export function patternFault(source: string, groups: readonly string[]): string | undefined {
  try {
    new RegExp(source, 'u');
    return groups.length < 0 ? '' : undefined;
  } catch (error) {
    return (error as Error).message;
  }
}
