import { BoardConsole } from '../board/console.js';
import { hostTimers } from '../board/timers.js';
import type { ReferenceRun } from '../results/reference-run.js';
import type { FlashedBoard } from './board-attempt.js';
import { conductSession } from './board-session.js';
import { cardLocation } from './card-location.js';
import type { Prepared } from './prepare.js';
import { provisioning, provisionMode } from './provisioning.js';
import type { RunOptions } from './run-options.js';

/** Restarts a flashed board and does the plan with it over the bench protocol. */
export function conductBench(
  prepared: Prepared,
  reference: ReferenceRun,
  { onEvent }: Pick<RunOptions, 'onEvent'>,
): (flashed: FlashedBoard) => Promise<void> {
  const { plan, build, card, tokenizer } = prepared;
  return async ({ board, link, journal, tap, signal }) => {
    const timers = { ...hostTimers, nowUs: () => link.arrivalUs() };
    await using console = new BoardConsole(link.stream, { board: board.id, tap, timers });
    const booted = await console.restart({ signal });
    onEvent({ type: 'booted', board: board.id, build: booted.build });
    await conductSession({
      console,
      plan,
      board: board.id,
      mac: board.mac,
      cardFolder: cardLocation(card).name,
      elf: build.app.elfSha256.slice(0, 16),
      reference,
      tokenizer,
      journal,
      onEvent,
      ...provisioning(provisionMode(plan, board), card),
      signal,
    });
  };
}
