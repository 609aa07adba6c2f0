import type { BoardInfo } from '../board/console-options.js';
import { fastestBaud } from '../board/fastest-baud.js';
import { ConfigError, InfraError, TokenrackError } from '../errors.js';
import { generateOnBoard } from './generate-on-board.js';
import { type Difference, firstDifference, lookCloser } from './look-closer.js';
import { promptOrder } from './prompt-order.js';
import { loadModel, type SessionContext, waitingOf } from './session-context.js';

/** Everything that is done with a board that has booted: load the model, make every generation, look into differences. */
export async function conductSession(context: SessionContext): Promise<void> {
  const { console, plan, journal } = context;
  const waiting = waitingOf(context);
  await journal.note({ nonce: console.nonce });
  await console.hello(waiting);
  await journal.note({ baudRate: await fastestBaud(console, waiting) });
  checkIdentity(context, await console.info(waiting));
  if (context.provision !== undefined) context.onEvent({ type: 'provisioning', board: context.board });
  const provisioned = await context.provision?.(console, context.signal);
  if (provisioned !== undefined) await journal.note({ provision: provisioned });
  for (const [key, value] of Object.entries(plan.knobs)) await console.setKnob(key, value, waiting);
  context.onEvent({ type: 'loading', board: context.board });
  const loaded = await loadModel(context);
  await journal.note({ loadQ: loaded.q });
  context.onEvent({ type: 'loaded', board: context.board, elapsedUs: loaded.us ?? 0 });
  const info = await console.info(waiting);
  await journal.note({ infoQ: info.info.q });
  checkModel(context, info);
  await makeGenerations(context);
  await console.bye(waiting);
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
  const differing = new Map<number, Difference>();
  for (const turn of promptOrder(plan.prompts.length, plan.repeats, plan.warmups, plan.orderSeed)) {
    context.onEvent({ type: 'generation', board: context.board, ...turn });
    const purpose = turn.repeat === 0 ? 'warm-up' : 'measure';
    const made = await generateOnBoard(context, turn, purpose, plan.generate.tokens, plan.generate.logits);
    const difference = firstDifference(context, turn, made);
    if (difference !== undefined && !differing.has(turn.prompt)) differing.set(turn.prompt, difference);
  }
  await lookCloser(context, differing);
}
