import type { GenerationRecords } from '../board/generation-records.js';
import type { TokRecord } from '../board/records.js';
import type { ReferenceStep } from '../results/reference-run.js';
import { generateOnBoard } from './generate-on-board.js';
import type { Turn } from './prompt-order.js';
import { loadModel, type SessionContext, waitingOf } from './session-context.js';

/** Of the knob `screen`. */
const SCREEN_OFF = 0;

/** Where a generation left the reference. */
export interface Difference {
  readonly step: number;
  /** Whether a screen kept the board from computing the other logits of that step. */
  readonly screened: boolean;
}

/** The first step whose token or logits are not the reference's, while both have made the same tokens so far. */
export function firstDifference(
  context: SessionContext,
  turn: Turn,
  made: GenerationRecords,
): Difference | undefined {
  const steps = context.reference.prompts[turn.prompt]!.steps;
  const token = made.tokens.find((one) => differs(one, steps[one.i]));
  return token === undefined ? undefined : { step: token.i, screened: token.lp === undefined };
}

function differs({ id, crc, lp, logit }: TokRecord, step: ReferenceStep | undefined): boolean {
  if (step === undefined) return false;
  if (id !== step.id) return true;
  if (crc !== undefined) return crc !== step.logitsCrc;
  return lp === undefined && step.logitBits !== undefined && logit !== step.logitBits;
}

/**
 * Fetches the full logits of the first step that differs of each prompt; they say how far apart the two are. Those that a screen kept
 * from being computed need the model loaded without it.
 */
export async function lookCloser(
  context: SessionContext,
  differing: ReadonlyMap<number, Difference>,
): Promise<void> {
  const wanted = [...differing].filter(
    ([, { screened }]) => screened || context.plan.generate.logits !== 'full',
  );
  if (wanted.some(([, { screened }]) => screened)) await loadWithoutScreen(context);
  for (const [prompt, { step }] of wanted)
    await generateOnBoard(context, { prompt, repeat: 0 }, 'diagnose', step + 1, 'full');
}

async function loadWithoutScreen(context: SessionContext): Promise<void> {
  const { console } = context;
  await console.setKnob('screen', SCREEN_OFF, waitingOf(context));
  await loadModel(context);
}
