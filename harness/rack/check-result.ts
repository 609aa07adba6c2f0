/** What the health probe looks at, in this order. */
export const checkNames = ['identity', 'boot', 'card', 'psram', 'uart', 'power'] as const;

export type CheckName = (typeof checkNames)[number];

/**
 * - `psram-too-small`: less of it than a bench board has, or none.
 * - `psram-data`: data bits that are stuck or shorted. `psram-address`: address lines that are. `psram-cells`: single words that did not
 *   hold what was written.
 */
export type FindingCode = 'psram-too-small' | 'psram-data' | 'psram-address' | 'psram-cells';

/** One thing that was looked at. `skipped`: it could not be, or nobody asked for it, which is no fault of the board. */
export interface Finding {
  readonly check: CheckName;
  readonly state: 'pass' | 'fail' | 'skipped';
  /** Which fault, where there are several to tell apart. */
  readonly code?: FindingCode;
  /** What was found, for the table. */
  readonly text: string;
  /** What to do about it. */
  readonly next?: string;
  /** A failure that is none of the board: what is in its flash, or what the rack file says of it. */
  readonly blameless?: true;
}

/** What was measured; what was not is absent. */
export interface CheckFigures {
  readonly mac?: string;
  /** major * 100 + minor. */
  readonly revision?: number;
  readonly build?: string;
  readonly cardBytes?: number;
  readonly cardFreeBytes?: number;
  /** Sequential, in bytes a microsecond: MB/s by the board's own clock. */
  readonly cardMegabytesPerSecond?: number;
  readonly psramBytes?: number;
  /** So many of them were written and read back. */
  readonly psramTestedBytes?: number;
  /** Reads that gave something else. */
  readonly psramErrors?: number;
  readonly baudRate?: number;
  /** Errors per byte; the worse of the two directions. */
  readonly uartErrorRate?: number;
  /** Its 95% upper bound. */
  readonly uartErrorRateAtMost?: number;
}

export interface CheckResult {
  readonly findings: readonly Finding[];
  readonly figures: CheckFigures;
}

export function passed({ findings }: CheckResult): boolean {
  return findings.length > 0 && findings.every(({ state }) => state !== 'fail');
}

/** Whether something failed that the board is to blame for. */
export function speaksAgainst({ findings }: CheckResult): boolean {
  return findings.some(({ state, blameless }) => state === 'fail' && blameless !== true);
}

/** Why a check failed, in one line. */
export function failureText({ findings }: CheckResult): string | undefined {
  const failures = findings.filter(({ state }) => state === 'fail');
  return failures.length === 0
    ? undefined
    : failures.map(({ check, text }) => `${check}: ${text}`).join('; ');
}
