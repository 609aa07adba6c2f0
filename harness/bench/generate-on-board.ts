import type { GenerateOptions } from '../board/console-options.js';
import type { GenerationRecords } from '../board/generation-records.js';
import type { AttemptCall } from '../results/attempt.js';
import type { Turn } from './prompt-order.js';
import { type SessionContext, waitingOf } from './session-context.js';

/** A generation of which records were lost is made again, so often. */
const LOST_ATTEMPTS = 2;

/** Makes a generation, and makes it again when records of it were lost on the way: it comes out the same. */
export async function generateOnBoard(
  context: SessionContext,
  turn: Turn,
  purpose: AttemptCall['purpose'],
  tokens: number,
  logits: NonNullable<GenerateOptions['logits']>,
): Promise<GenerationRecords> {
  const { board, journal, onEvent } = context;
  let made = await generateOnce(context, turn, purpose, tokens, logits);
  for (let again = 1; made.lost.length > 0 && again <= LOST_ATTEMPTS; again++) {
    await journal.remade();
    made = await generateOnce(context, turn, purpose, tokens, logits);
  }
  await journal.call({ q: made.done.q, purpose, ...turn, tokens });
  if (purpose !== 'diagnose')
    onEvent({ type: 'generated', board, ...turn, tokens: made.tokens.map((token) => token.id) });
  return made;
}

async function generateOnce(
  context: SessionContext,
  turn: Turn,
  purpose: AttemptCall['purpose'],
  tokens: number,
  logits: NonNullable<GenerateOptions['logits']>,
): Promise<GenerationRecords> {
  const { console, plan, board, onEvent, tokenizer } = context;
  const { temperature, topK, seed, stopAtEnd } = plan.generate;
  const waiting = waitingOf(context);
  await console.sendPrompt(plan.prompts[turn.prompt]!.ids, waiting);
  return console.generate(
    { max: tokens, temp: temperature, topk: topK, seed, eos: stopAtEnd, logits },
    {
      ...waiting,
      onToken: (token) => {
        if (purpose !== 'diagnose')
          onEvent({
            type: 'token',
            board,
            ...turn,
            id: token.id,
            us: token.us,
            bytes: tokenizer.tokenBytes(token.id),
          });
      },
    },
  );
}
