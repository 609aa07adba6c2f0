import { sshdMissing } from './sshd.js';

/**
 * A suite that needs a real OpenSSH server. Where there is none it is skipped with a line that says what is missing, and fails where
 * `requiredTools` (TOKENRACK_REQUIRE) names it: a server that CI installs must not be missed in silence.
 */
export function describeWithSshd(
  title: string,
  requiredTools: readonly string[],
  body: (this: Mocha.Suite) => void,
): void {
  const missing = sshdMissing();
  if (missing === undefined) {
    describe(title, body);
    return;
  }
  const required = requiredTools.includes('sshd');
  describe(title, () => {
    (required ? it : it.skip)(`runs where OpenSSH's server can be started: ${missing}`, () => {
      throw new Error(`TOKENRACK_REQUIRE asks for sshd: ${missing}`);
    });
  });
}
