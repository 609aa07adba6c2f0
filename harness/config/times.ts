import { ConfigError } from '../errors.js';

/** Other times than the usual ones, for trials and for unusual networks; each absent when it is as usual. */
export interface Times {
  /** How long a board stays a job's that says nothing any more (`lease=`). */
  readonly leaseTtlMs?: number;
  /** How long a rack host may be away before its jobs are run elsewhere (`away=`). */
  readonly hostAwayMs?: number;
  /** How long a job of the queue stays a worker's that says nothing any more (`lock=`). */
  readonly lockMs?: number;
}

const NAMES: Readonly<Record<string, keyof Times>> = {
  lease: 'leaseTtlMs',
  away: 'hostAwayMs',
  lock: 'lockMs',
};

/** Reads words such as `lease=2 away=8`, in seconds. @throws ConfigError `times` */
export function parseTimes(text: string): Times {
  const words = text.split(' ').filter((word) => word !== '');
  return Object.fromEntries(
    words.map((word) => {
      const [name = '', seconds = ''] = word.split('=');
      const key = Object.hasOwn(NAMES, name) ? NAMES[name] : undefined;
      if (key === undefined || !(Number(seconds) > 0)) throw refused(word);
      return [key, Math.round(Number(seconds) * 1000)];
    }),
  );
}

function refused(word: string): ConfigError {
  const known = Object.keys(NAMES).map((name) => `${name}=SECONDS`);
  return new ConfigError('times', `TOKENRACK_TIMES: "${word}" is none of ${known.join(', ')}`);
}
