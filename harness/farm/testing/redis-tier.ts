import { redisAvailable } from './redis.js';

/**
 * A suite that needs a real `redis-server`. Where there is none it is skipped with a line that says so, and fails where
 * `requiredTools` (TOKENRACK_REQUIRE) names it: a server that CI installs must not be missed in silence.
 */
export function describeWithRedis(
  title: string,
  requiredTools: readonly string[],
  body: (this: Mocha.Suite) => void,
): void {
  if (redisAvailable() !== undefined) {
    describe(title, body);
    return;
  }
  const required = requiredTools.includes('redis');
  describe(title, () => {
    (required ? it : it.skip)('runs where Redis is installed (Debian: apt install redis-server)', () => {
      throw new Error('TOKENRACK_REQUIRE asks for redis, and it could not be started');
    });
  });
}
