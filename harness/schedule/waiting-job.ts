/** A job that has not been given boards yet. */
export interface WaitingJob {
  readonly id: string;
  /** As `requirementsSchema` of harness/farm: labels that each board must have, one board only, how many of one machine. */
  readonly requires: {
    readonly labels: readonly string[];
    readonly mac?: string | undefined;
    readonly count: number;
  };
  /** Absent: nobody knows, and it counts as the longest. */
  readonly expectedMs?: number | undefined;
  /** Id of the build that it flashes. */
  readonly build?: string | undefined;
  /** MACs of boards that it failed on: it is never given them again. */
  readonly notOn?: readonly string[] | undefined;
}

/** A healthy board. */
export interface RackedBoard {
  readonly mac: string;
  /** `local`, or the host's id. */
  readonly machine: string;
  readonly labels: readonly string[];
  /** Id of the build that it has in its flash; absent when that is not known. */
  readonly build?: string | undefined;
  /** Somebody works on it: it is given nothing, but a job that needs several boards may wait for it. */
  readonly busy?: boolean | undefined;
}

export interface Assignment {
  readonly job: string;
  /** MACs, sorted: as many as the job wants, all of one machine. */
  readonly boards: readonly string[];
}
