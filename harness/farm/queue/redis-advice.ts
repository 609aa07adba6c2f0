import type { Redis } from 'ioredis';

export interface Advice {
  readonly code: 'no-append-only-file' | 'evicts' | 'settings-unknown';
  readonly message: string;
}

/** What is wrong with how a Redis is set up: it must keep jobs over its own restart, and throw nothing away. */
export async function adviseOnRedis(redis: Redis): Promise<Advice[]> {
  const appendOnly = await setting(redis, 'appendonly');
  const policy = await setting(redis, 'maxmemory-policy');
  const advice: Advice[] = [];
  if (appendOnly === undefined || policy === undefined) {
    advice.push({
      code: 'settings-unknown',
      message:
        'Redis does not tell its settings (CONFIG GET): unknown whether it keeps an append-only file and evicts nothing',
    });
  }
  if (appendOnly === 'no') {
    advice.push({
      code: 'no-append-only-file',
      message:
        'Redis keeps no append-only file: jobs are lost when it restarts. Set "appendonly yes" (redis-cli CONFIG SET appendonly yes)',
    });
  }
  if (policy !== undefined && policy !== 'noeviction') {
    advice.push({
      code: 'evicts',
      message: `Redis throws keys away when its memory is full (maxmemory-policy ${policy}), jobs too. Set "maxmemory-policy noeviction"`,
    });
  }
  return advice;
}

/** Undefined when Redis refuses to say, as a managed one may. */
async function setting(redis: Redis, name: string): Promise<string | undefined> {
  try {
    const reply = (await redis.config('GET', name)) as unknown;
    return Array.isArray(reply) && typeof reply[1] === 'string' ? reply[1] : undefined;
  } catch (error) {
    if (error instanceof Error && error.name === 'ReplyError') return undefined;
    throw error;
  }
}
