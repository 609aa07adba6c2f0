import { z } from 'zod';
import { recoveryReport } from './recovery/report.js';

const at = z.iso.datetime();

const historyEntry = z.discriminatedUnion('what', [
  z.object({ what: z.literal('infra-fail'), at, reason: z.string() }),
  z.object({ what: z.literal('recovery'), at, steps: z.array(recoveryReport) }),
  z.object({ what: z.literal('quarantined'), at, reason: z.string(), cooldownMs: z.number() }),
  z.object({ what: z.literal('good'), at, reason: z.string() }),
]);

/** `health.json`: whether a board can be given work, why not, and what was tried. */
export const healthSchema = z.object({
  state: z.enum(['good', 'quarantined', 'probation']),
  /** Infra-fails in a row. */
  infraFails: z.int().min(0),
  /** Jobs that passed in a row since probation began. */
  passes: z.int().min(0),
  /** Of the quarantine: why, since when, and how long it is left alone. Absent when the state is good. */
  quarantine: z
    .object({
      reason: z.string(),
      since: at,
      cooldownMs: z.number().positive(),
      /** All that is wrong is that another board is at its port: it is good when it is seen there again. */
      misplaced: z.literal(true).optional(),
    })
    .optional(),
  /** Id of the build that was flashed last; absent when that is not known. */
  build: z.string().optional(),
  /** The latest last; only so many are kept. */
  history: z.array(historyEntry),
  /** What was wrong with the file that this was read from. */
  note: z.string().optional(),
});

export type Health = z.output<typeof healthSchema>;
export type HistoryEntry = z.output<typeof historyEntry>;

export interface HealthPolicy {
  /** So many infra-fails in a row are no accident, whatever a reset seemed to mend. */
  readonly failuresToQuarantine: number;
  /** How long a board in quarantine is left alone at first; twice as long after each failure on probation. */
  readonly cooldownMs: number;
  readonly longestCooldownMs: number;
  /** So many jobs in a row end probation. */
  readonly passesToGood: number;
}

export const healthPolicy: HealthPolicy = {
  failuresToQuarantine: 3,
  cooldownMs: 3_600_000,
  longestCooldownMs: 86_400_000,
  passesToGood: 2,
};

/** What a job, or a check, says of the board it ran on. A product-fail is a pass: the board did its part. */
export type BoardOutcome =
  | { readonly kind: 'passed'; readonly by: 'job' | 'check' }
  | {
      readonly kind: 'infra-fail';
      readonly reason: string;
      /** The recovery ladder was climbed to its end and the board still did not answer. */
      readonly beyondRecovery: boolean;
    }
  /** Another board is at its port: it cannot be used, which is not its own fault. */
  | { readonly kind: 'misplaced'; readonly reason: string };

const HISTORY_ENTRIES = 50;

export function freshHealth(note?: string): Health {
  return { state: 'good', infraFails: 0, passes: 0, history: [], ...(note === undefined ? {} : { note }) };
}

/** Quarantine becomes probation when its time is over. A clock that was set back ends it too, rather than never. */
export function healthAt(health: Health, now: Date): Health {
  const { state, quarantine } = health;
  if (state !== 'quarantined' || quarantine === undefined) return health;
  const elapsedMs = now.getTime() - Date.parse(quarantine.since);
  if (elapsedMs >= 0 && elapsedMs < quarantine.cooldownMs) return health;
  return { ...health, state: 'probation', passes: 0 };
}

/** The state after an outcome. `health` is as {@link healthAt} says. */
export function afterOutcome(
  health: Health,
  outcome: BoardOutcome,
  now: Date,
  policy: HealthPolicy = healthPolicy,
): Health {
  if (outcome.kind === 'passed') return afterPass(health, outcome.by, now, policy);
  if (outcome.kind === 'misplaced') return misplaced(health, outcome.reason, now, policy);
  const { reason, beyondRecovery } = outcome;
  const infraFails = health.infraFails + 1;
  const entry = { what: 'infra-fail', at: now.toISOString(), reason } as const;
  const failed = remembering({ ...health, infraFails, passes: 0 }, entry);
  if (health.state === 'quarantined') return failed;
  if (health.state === 'probation') return quarantined(failed, `on probation: ${reason}`, now, policy);
  if (beyondRecovery) return quarantined(failed, reason, now, policy);
  if (infraFails < policy.failuresToQuarantine) return failed;
  return quarantined(failed, `${infraFails} infra-fails in a row, last: ${reason}`, now, policy);
}

/** Whoever was in quarantine for something else is not good by being found again. */
function misplaced(health: Health, reason: string, now: Date, policy: HealthPolicy): Health {
  const { state, quarantine } = health;
  const known = state === 'good' || quarantine?.misplaced === true;
  if (!known) return quarantined(health, reason, now, policy);
  const { quarantine: _, ...before } = health;
  const next = quarantined(before, reason, now, policy);
  return { ...next, quarantine: { ...next.quarantine!, misplaced: true } };
}

/** The chip at the board's port says that it is this one. */
export function seenAtItsPort(health: Health, now: Date): Health {
  return health.quarantine?.misplaced === true ? good(health, 'is at its port again', now) : health;
}

/** A board that is still to be left alone stays where it is: a person may put it back (`released`). */
function afterPass(health: Health, by: 'job' | 'check', now: Date, policy: HealthPolicy): Health {
  const passed = { ...seenAtItsPort(health, now), infraFails: 0 };
  if (passed.state !== 'probation') return passed;
  const passes = health.passes + (by === 'job' ? 1 : 0);
  if (by === 'check') return good(passed, 'passed its check on probation', now);
  if (passes < policy.passesToGood) return { ...passed, passes };
  return good(passed, `passed ${passes} jobs on probation`, now);
}

/** Once more in quarantine without having been good between: twice as long. */
export function quarantined(
  health: Health,
  reason: string,
  now: Date,
  policy: HealthPolicy = healthPolicy,
): Health {
  const before = health.quarantine?.cooldownMs;
  const cooldownMs =
    before === undefined ? policy.cooldownMs : Math.min(2 * before, policy.longestCooldownMs);
  const since = now.toISOString();
  return remembering(
    { ...health, state: 'quarantined', passes: 0, quarantine: { reason, since, cooldownMs } },
    { what: 'quarantined', at: since, reason, cooldownMs },
  );
}

/** A person says that the board is in order. */
export function released(health: Health, now: Date): Health {
  return good({ ...health, infraFails: 0 }, 'put back by hand', now);
}

export function remembering(health: Health, entry: HistoryEntry): Health {
  return { ...health, history: [...health.history, entry].slice(-HISTORY_ENTRIES) };
}

function good({ quarantine: _, ...health }: Health, reason: string, now: Date): Health {
  const entry = { what: 'good', at: now.toISOString(), reason } as const;
  return remembering({ ...health, state: 'good', passes: 0 }, entry);
}
