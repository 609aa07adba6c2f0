import { ConfigError } from '../../errors.js';

/**
 * A URL that Redis can be opened by, as it was given.
 * @throws ConfigError `queue-url`
 */
export function checkedUrl(url: string): string {
  if (URL.canParse(url) && isRedisUrl(new URL(url))) return url;
  const hidden = redactUrl(url);
  const encode = hidden === url ? '' : '; / ? # @ and % in a password are written %2F %3F %23 %40 and %25';
  const message = `"${hidden}" is no Redis URL; one looks like redis://lab-1:6379 (rediss:// for TLS)${encode}`;
  throw new ConfigError('queue-url', message);
}

/** Without its password, also one with characters that should have been encoded: all up to the last @ counts as such. */
export function redactUrl(url: string): string {
  return url
    .replace(/^(\w+:\/\/[^:@/]*|[^:@]*):.*@/s, `$1:${HIDDEN}@`)
    .replace(/([?&]password=)[^&]*/gi, `$1${HIDDEN}`);
}

/**
 * The URL by which a queue can be opened that is kept without its password.
 * @param kept as `redactUrl` made it
 * @param given now, which may be another one; `standing`: of the environment, which counts when it is the same queue's
 * @throws ConfigError `queue-password` when nobody says the password
 */
export function openableUrl(kept: string, given: string | undefined, standing: string | undefined): string {
  if (given !== undefined) return given;
  if (!kept.includes(`:${HIDDEN}@`) && !kept.includes(`=${HIDDEN}`)) return kept;
  if (standing !== undefined && redactUrl(standing) === kept) return standing;
  const message = `the queue is ${kept}, and its password is kept nowhere: give the whole URL by --queue, or in TOKENRACK_QUEUE`;
  throw new ConfigError('queue-password', message);
}

const HIDDEN = '***';

/** What should have been encoded ends the password early: the rest would be taken for a host, and told as such. */
function isRedisUrl({ protocol, username, password, pathname, search, hash }: URL): boolean {
  if (!/^rediss?:$/.test(protocol) || `${pathname}${search}${hash}`.includes('@')) return false;
  try {
    decodeURIComponent(`${username}${password}`);
    return true;
  } catch {
    return false;
  }
}
