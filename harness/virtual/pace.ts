/** How virtual time and the wall clock go together. */
export interface Pace {
  /** Virtual time has become `totalUs`: may wait for the wall clock. */
  keepUp(totalUs: number): void;
  /** What virtual time the wall clock stands for now; absent when the two are independent. */
  wallUs(): number | undefined;
}

/** As fast as the machine allows. */
export const virtualPace: Pace = { keepUp() {}, wallUs: () => undefined };

/** Sleeping for less than this is not worth a system call. */
const slackUs = 1000;

/**
 * Virtual time follows the wall clock, so that several boards share one scale. `sleep` blocks for that many
 * milliseconds, or returns earlier when the host did something (and may throw: a reset does not wait).
 */
export function realPace(startUs: number, nowUs: () => number, sleep: (sleepMs: number) => void): Pace {
  const originUs = nowUs() - startUs;
  const wallUs = () => nowUs() - originUs;
  return {
    wallUs,
    keepUp(totalUs) {
      for (let aheadUs = totalUs - wallUs(); aheadUs > slackUs; aheadUs = totalUs - wallUs())
        sleep(aheadUs / 1000);
    },
  };
}
