import { hostTimers } from '../board/timers.js';
import { ForeignConsole } from '../foreign/foreign-console.js';
import type { ReadGeneration } from '../foreign/generation-reader.js';
import type { FlashedBoard } from './board-attempt.js';
import { commandOf, type PreparedForeign } from './prepare-foreign.js';
import { promptOrder, type Turn } from './prompt-order.js';
import type { RunOptions } from './run-options.js';

type ForeignOptions = Pick<RunOptions, 'onEvent'>;

/** Restarts a flashed board and makes every generation of the plan, by the firmware's own commands or its boots. */
export function conductForeign(
  prepared: PreparedForeign,
  options: ForeignOptions,
): (flashed: FlashedBoard) => Promise<void> {
  const { plan, firmware } = prepared;
  return async (flashed) => {
    const { board, link, journal, tap } = flashed;
    const timers = { ...hostTimers, nowUs: () => link.arrivalUs() };
    await using console = new ForeignConsole(link.stream, firmware, { board: board.id, tap, timers });
    await journal.note({ baudRate: firmware.baud });
    if (firmware.prompt.at_boot === undefined) await console.restart(flashed.signal);
    options.onEvent({ type: 'booted', board: board.id, build: `${firmware.name}, ${prepared.build.id}` });
    const turns = promptOrder(plan.prompts.length, plan.repeats, plan.warmups, plan.orderSeed);
    for (const [index, turn] of turns.entries())
      await makeGeneration(prepared, options, { flashed, console, turn, q: index + 1 });
  };
}

interface Call {
  readonly flashed: FlashedBoard;
  readonly console: ForeignConsole;
  readonly turn: Turn;
  readonly q: number;
}

async function makeGeneration(
  prepared: PreparedForeign,
  { onEvent }: ForeignOptions,
  { flashed, console, turn, q }: Call,
): Promise<void> {
  const { plan, firmware } = prepared;
  const board = flashed.board.id;
  const purpose = turn.repeat === 0 ? 'warm-up' : 'measure';
  onEvent({ type: 'generation', board, ...turn });
  const atBoot = firmware.prompt.at_boot !== undefined;
  if (atBoot) await console.hold();
  const { tokens } = plan.generate;
  await flashed.journal.call({ q, purpose, ...turn, tokens, offset: console.rxBytes });
  const made = atBoot
    ? await console.generateAtBoot(flashed.signal)
    : await console.generate(commandOf(firmware, plan, turn.prompt), flashed.signal);
  tell(made, prepared, board, turn, onEvent);
}

/** For whoever watches: the text at once, as it is known only when its lines are whole. */
function tell(
  { text, ids = [] }: ReadGeneration,
  { tokenizer, plan }: PreparedForeign,
  board: string,
  turn: Turn,
  onEvent: RunOptions['onEvent'],
): void {
  const vocabSize = plan.model.config?.vocabSize ?? 0;
  const known = ids.filter((id) => id < vocabSize);
  const decoded =
    tokenizer === undefined ? undefined : Buffer.concat(known.map((id) => tokenizer.tokenBytes(id)));
  const shown = text ?? decoded?.toString('utf8');
  if (shown !== undefined) onEvent({ type: 'text', board, ...turn, text: shown });
  onEvent({ type: 'generated', board, ...turn, tokens: ids });
}
