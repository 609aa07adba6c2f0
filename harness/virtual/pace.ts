/** How virtual time and the wall clock go together. */
export interface Pace {
  /** Virtual time has become `totalUs`: may wait for the wall clock. */
  keepUp(totalUs: number): void;
  /** What virtual time the wall clock stands for now; absent when the two are independent. */
  wallUs(): number | undefined;
  /** Wall time that stands for so much virtual time, when somebody waits for it; both in milliseconds. */
  wallMs(virtualMs: number): number;
}

/** As fast as the machine allows. */
export const virtualPace: Pace = { keepUp() {}, wallUs: () => undefined, wallMs: (virtualMs) => virtualMs };

/** Sleeping for less than this is not worth a system call. */
const slackUs = 1000;

/** What virtual time is paced by. */
export interface WallClock {
  nowUs(): number;
  /** Blocks for that many milliseconds, or returns earlier when the host did something (and may throw: a reset does not wait). */
  sleep(sleepMs: number): void;
}

/**
 * Virtual time follows the wall clock, `scale` virtual seconds to a second: boards with one scale run as if beside each
 * other, as long as the machine keeps up with all of them.
 */
export function realPace(startUs: number, { nowUs, sleep }: WallClock, scale = 1): Pace {
  const startedUs = nowUs();
  const wallUs = () => startUs + (nowUs() - startedUs) * scale;
  return {
    wallUs,
    wallMs: (virtualMs) => virtualMs / scale,
    keepUp(totalUs) {
      const aheadUs = () => (totalUs - wallUs()) / scale;
      for (let leftUs = aheadUs(); leftUs > slackUs; leftUs = aheadUs()) sleep(leftUs / 1000);
    },
  };
}
