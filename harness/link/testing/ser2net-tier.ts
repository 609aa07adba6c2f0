import { ser2netAvailable } from './ser2net.js';

/**
 * A suite that needs a real ser2net. Where there is none it is skipped with a line that says so, and fails where
 * `requiredTools` (TOKENRACK_REQUIRE) names it.
 */
export function describeWithSer2net(
  title: string,
  requiredTools: readonly string[],
  body: (this: Mocha.Suite) => void,
): void {
  if (ser2netAvailable()) {
    describe(title, body);
    return;
  }
  const required = requiredTools.includes('ser2net');
  describe(title, () => {
    (required ? it : it.skip)(
      'runs where ser2net 4 and socat are installed (Debian: apt install ser2net socat)',
      () => {
        throw new Error('TOKENRACK_REQUIRE asks for ser2net, and ser2net 4 or socat could not be started');
      },
    );
  });
}
