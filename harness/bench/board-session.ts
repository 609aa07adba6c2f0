import type { BoardConsole, BoardInfo, GenerateOptions } from '../board/console.js';
import { fastestBaud } from '../board/fastest-baud.js';
import type { GenerationRecords } from '../board/generation-records.js';
import { ConfigError, InfraError, TokenrackError } from '../errors.js';
import type { Tokenizer } from '../model/tokenizer.js';
import type { Attempt, AttemptCall } from '../results/attempt.js';
import type { Plan } from '../results/plan.js';
import type { ReferenceRun } from '../results/reference-run.js';
import type { AttemptJournal } from './attempt-journal.js';
import type { BenchListener } from './events.js';
import { promptOrder, type Turn } from './prompt-order.js';

/** A generation of which records were lost is made again, so often. */
const LOST_ATTEMPTS = 2;
/** No record for so long means that the board hangs. A float32 token of Tiny-LLM takes about 9 s on hardware. */
const SILENCE_MS = 120_000;

export interface SessionContext {
  readonly console: BoardConsole;
  readonly plan: Plan;
  readonly board: string;
  readonly mac: string;
  /** The weight folder's name on the card. */
  readonly cardFolder: string;
  /** First 16 hex digits of the app's ELF SHA-256. */
  readonly elf: string;
  readonly reference: ReferenceRun;
  readonly tokenizer: Tokenizer;
  readonly journal: AttemptJournal;
  /** Sees to the card before the model is loaded. */
  readonly provision?: (
    console: BoardConsole,
    signal?: AbortSignal,
  ) => Promise<NonNullable<Attempt['provision']>>;
  readonly onEvent: BenchListener;
  readonly signal?: AbortSignal;
}

/** Everything that is done with a board that has booted: load the model, make every generation, look into differences. */
export async function conductSession(context: SessionContext): Promise<void> {
  const { console, plan, journal } = context;
  const waiting = waitingOf(context);
  await journal.note({ nonce: console.nonce });
  await console.hello(waiting);
  await journal.note({ baudRate: await fastestBaud(console, waiting) });
  checkIdentity(context, await console.info(waiting));
  const provisioned = await context.provision?.(console, context.signal);
  if (provisioned !== undefined) await journal.note({ provision: provisioned });
  for (const [key, value] of Object.entries(plan.knobs)) await console.setKnob(key, value, waiting);
  const loaded = await console.load(context.cardFolder, { ...waiting, bare: plan.card.manifest === '-' });
  await journal.note({ loadQ: loaded.q });
  context.onEvent({ type: 'loaded', board: context.board, elapsedUs: loaded.us ?? 0 });
  const info = await console.info(waiting);
  await journal.note({ infoQ: info.info.q });
  checkModel(context, info);
  await makeGenerations(context);
  await console.bye(waiting);
}

function waitingOf({ signal }: SessionContext) {
  return { timeoutMs: SILENCE_MS, ...(signal === undefined ? {} : { signal }) };
}

function checkIdentity({ board, mac, elf, plan }: SessionContext, { info }: BoardInfo): void {
  if (info.mac !== mac) {
    throw new InfraError('wrong-board', `${board}: the chip's MAC is ${info.mac}, the rack says ${mac}`, {
      board,
    });
  }
  if (info.elf !== elf) {
    const message = `${board} runs build ${info.build} (ELF ${info.elf}), not ${plan.build.id} (${elf})`;
    throw new InfraError('wrong-build', message, { board });
  }
}

/** The card must hold what was planned: its manifest is compared before anything is measured. */
function checkModel({ board, plan, cardFolder }: SessionContext, { model }: BoardInfo): void {
  if (model === undefined)
    throw new TokenrackError('no-model', 'product-fail', `${board}: no model after load`, { board });
  if (model.manifest !== plan.card.manifest) {
    throw new InfraError(
      'wrong-card',
      `${board}: the card's ${cardFolder} has manifest ${model.manifest}, planned is ${plan.card.manifest}; ` +
        `copy ${plan.card.folder} to the card`,
      { board },
    );
  }
  if (model.context !== plan.context) {
    throw new ConfigError(
      'context-refused',
      `${board}: context ${model.context} instead of ${plan.context}`,
      { board },
    );
  }
}

async function makeGenerations(context: SessionContext): Promise<void> {
  const { plan } = context;
  const differing = new Map<number, number>();
  for (const turn of promptOrder(plan.prompts.length, plan.repeats, plan.warmups, plan.orderSeed)) {
    context.onEvent({ type: 'generation', board: context.board, ...turn });
    const purpose = turn.repeat === 0 ? 'warm-up' : 'measure';
    const made = await generate(context, turn, purpose, plan.generate.tokens, plan.generate.logits);
    const step = firstDifference(context, turn, made);
    if (step !== undefined && !differing.has(turn.prompt)) differing.set(turn.prompt, step);
  }
  for (const [prompt, step] of differing) await diagnose(context, prompt, step);
}

/** Makes a generation, and makes it again when records of it were lost on the way: it comes out the same. */
async function generate(
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
          onEvent({ type: 'token', board, ...turn, id: token.id, bytes: tokenizer.tokenBytes(token.id) });
      },
    },
  );
}

/** The first step whose logits CRC is not the reference's, while both have made the same tokens so far. */
function firstDifference(context: SessionContext, turn: Turn, made: GenerationRecords): number | undefined {
  const steps = context.reference.prompts[turn.prompt]!.steps;
  const token = made.tokens.find(({ i, crc, id }) => {
    const step = steps[i];
    return step !== undefined && ((crc !== undefined && crc !== step.logitsCrc) || id !== step.id);
  });
  return token?.i;
}

/** Fetches the full logits of the first step that differs; they say how far apart the two are. */
async function diagnose(context: SessionContext, prompt: number, step: number): Promise<void> {
  if (context.plan.generate.logits === 'full') return;
  await generate(context, { prompt, repeat: 0 }, 'diagnose', step + 1, 'full');
}
