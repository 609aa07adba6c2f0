import { bringUp } from '../bringup/bring-up.js';
import { formatBringup, formatWiring } from '../bringup/bringup-report.js';
import type { BringupEvent } from '../bringup/observe-board.js';
import { readEnvironment } from '../config/environment.js';
import { findRack } from '../rack/find-rack.js';
import { selectBoards } from '../rack/rack-file.js';
import { colorsFor } from './colors.js';
import { interruptSignal } from './exit.js';
import { leaseForCommand } from './lease-for-command.js';

export interface BringupFlags {
  readonly rack?: string;
  readonly build?: string;
  readonly use?: boolean;
  readonly demo: boolean;
  readonly json?: boolean;
  readonly wait?: number;
}

/** Guides through the first contact with one board, says what it does as it does it, and prints what it found. */
export async function bringup(name: string, flags: BringupFlags): Promise<void> {
  const rack = await findRack(flags.rack);
  const [board] = selectBoards(rack, [name]);
  if (board === undefined) return;
  const { stateFolder, runsFolder } = readEnvironment();
  const signal = interruptSignal();
  const result = await bringUp({
    rack,
    board,
    ...(flags.build === undefined ? {} : { build: flags.build }),
    use: flags.use === true,
    demo: flags.demo,
    stateFolder,
    runsFolder,
    startedAt: new Date(),
    onEvent: (event) => show(event, flags.json === true ? process.stderr : process.stdout),
    lease: async () => (await leaseForCommand(board, 'bringup', flags, signal)).held,
    signal,
  });
  process.stdout.write(
    flags.json === true ? `${JSON.stringify(jsonOf(result))}\n` : `\n${formatBringup(result)}\n`,
  );
}

function show(event: BringupEvent, out: NodeJS.WriteStream): void {
  if (event.type === 'note') out.write(`  ${event.text}\n`);
  else {
    out.write(`${colorsFor(out).bold(event.text)}\n`);
    if (event.step === 'wiring') out.write(`${formatWiring()}\n`);
  }
}

function jsonOf({ record, fit, files, comparison, comparisonMissing }: Awaited<ReturnType<typeof bringUp>>) {
  return {
    record,
    files,
    costTable: { wiring: fit.wiring, entries: fit.entries },
    ...(comparison === undefined ? {} : { comparison }),
    ...(comparisonMissing === undefined ? {} : { comparisonMissing }),
  };
}
