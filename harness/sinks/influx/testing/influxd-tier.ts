import { influxdAvailable } from './influxd.js';

/**
 * A suite that needs a real `influxd`. Where there is none it is skipped with a line that says so, and fails where
 * `requiredTools` (TOKENRACK_REQUIRE) names it: a server that CI installs must not be missed in silence.
 */
export function describeWithInfluxd(
  title: string,
  requiredTools: readonly string[],
  body: (this: Mocha.Suite) => void,
): void {
  if (influxdAvailable() !== undefined) {
    describe(title, body);
    return;
  }
  const required = requiredTools.includes('influxd');
  describe(title, () => {
    (required ? it : it.skip)('runs where influxd is installed (Debian: apt install influxdb)', () => {
      throw new Error('TOKENRACK_REQUIRE asks for influxd, and it could not be started');
    });
  });
}
