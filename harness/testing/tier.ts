/** What is said where a tool is not there. */
export interface Lack {
  /** Title of the test that stands for the suite. */
  readonly title: string;
  /** Why that test fails where the tool is required. */
  readonly error: string;
}

export type DescribeWith = (
  title: string,
  requiredTools: readonly string[],
  body: (this: Mocha.Suite) => void,
) => void;

/**
 * A `describe` for suites that need a tool. Where there is none they are skipped with a line that says so, and fail where
 * `requiredTools` (TOKENRACK_REQUIRE) names it: what CI installs must not be missed in silence.
 * @param lack is asked for every suite; undefined when the tool is there
 */
export function describeWith(tool: string, lack: () => Lack | undefined): DescribeWith {
  return (title, requiredTools, body) => {
    const missing = lack();
    if (missing === undefined) {
      describe(title, body);
      return;
    }
    const required = requiredTools.includes(tool);
    describe(title, () => {
      (required ? it : it.skip)(missing.title, () => {
        throw new Error(missing.error);
      });
    });
  };
}
