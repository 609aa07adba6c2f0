import { describeWith } from '../../testing/tier.js';
import { redisAvailable } from './redis.js';

/** A suite that needs a real `redis-server`. */
export const describeWithRedis = describeWith('redis', () =>
  redisAvailable() !== undefined
    ? undefined
    : {
        title: 'runs where Redis is installed (Debian: apt install redis-server)',
        error: 'TOKENRACK_REQUIRE asks for redis, and it could not be started',
      },
);
