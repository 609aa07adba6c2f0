import { TokenrackError } from '../../errors.js';
import { tokenrackVersion } from '../../version.js';
import type { ValidationReport } from '../validation-report.js';
import { type LadderEntry, type LadderRecord, recommend } from './ladder-record.js';
import { type LadderSituation, nextRung, type Rung } from './ladder-step.js';

/** What came of a rung. */
export interface Tried {
  readonly report: ValidationReport;
  readonly folder?: string;
  /** Documents that it was calibrated on. */
  readonly calibrationDocuments?: number;
}

export interface LadderOptions extends Omit<LadderSituation, 'calibrationDocuments'> {
  /** Makes and validates a build. */
  readonly attempt: (rung: Rung) => Promise<Tried>;
  /** After each step, with all so far: a climb that is interrupted has its record. */
  readonly onStep?: (record: LadderRecord) => Promise<void>;
}

/** Tries one rung after another until a build is accepted; a rung that cannot be made is recorded and the next one tried. */
export async function climbLadder({ attempt, onStep, ...situation }: LadderOptions): Promise<LadderRecord> {
  const steps: LadderEntry[] = [];
  let calibrationDocuments: number | undefined;
  for (;;) {
    const known = calibrationDocuments === undefined ? {} : { calibrationDocuments };
    const rung = nextRung(steps.length, { ...situation, ...known });
    if (rung === undefined) return recordOf(situation.model, steps);
    const entry = 'skipped' in rung ? rung : await tryRung(rung);
    steps.push(entry);
    const record = recordOf(situation.model, steps);
    await onStep?.(record);
    if (record.accepted !== undefined) return record;
  }

  async function tryRung(rung: Rung): Promise<LadderEntry> {
    try {
      const { report, folder, calibrationDocuments: documents } = await attempt(rung);
      calibrationDocuments = documents ?? calibrationDocuments;
      return { ...rung, report, ...(folder === undefined ? {} : { folder }) };
    } catch (error) {
      if (!(error instanceof TokenrackError) || error.failureClass !== 'config-error') throw error;
      return { ...rung, failed: error.message };
    }
  }
}

function recordOf(model: string, steps: readonly LadderEntry[]): LadderRecord {
  const accepted = steps.find(({ report }) => report?.acceptance.accepted === true)?.report?.build.name;
  return {
    ladder: 1,
    tokenrack: tokenrackVersion,
    model,
    ...(accepted === undefined ? {} : { accepted }),
    steps: [...steps],
    recommendation: recommend(steps),
  };
}
