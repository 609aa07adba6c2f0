import { hardReset } from '../board/reset-lines.js';
import { readEnvironment } from '../config/environment.js';
import { findRack } from '../rack/find-rack.js';
import { powerBoard } from '../rack/power-board.js';
import { selectBoards } from '../rack/rack-file.js';
import { aborted } from './exit.js';
import { leaseForCommand } from './lease-for-command.js';

export interface MonitorFlags {
  readonly board: string;
  readonly rack?: string;
  readonly baud: number;
  readonly reset: boolean;
  readonly wait?: number;
}

/** Connects the terminal with a board until the user, standard input or the link ends. */
export async function monitor(flags: MonitorFlags): Promise<void> {
  const [board] = selectBoards(await findRack(flags.rack), [flags.board]);
  if (board === undefined) return;
  await using lease = await leaseForCommand(board, 'monitor', flags);
  await using powered = await powerBoard(board, {
    stateFolder: readEnvironment().stateFolder,
    lease: lease.held,
  });
  const { stream } = powered.link;
  if (flags.baud !== 115_200)
    await new Promise<void>((done, fail) =>
      stream.update({ baudRate: flags.baud }, (error) => (error ? fail(error) : done())),
    );
  stream.on('data', (bytes: Buffer) => process.stdout.write(bytes));
  const type = (bytes: Buffer): void => void stream.write(bytes);
  process.stdin.on('data', type);
  if (flags.reset) await hardReset(stream);
  await ended(stream, lease.signal);
  process.stdin.off('data', type);
  process.stdin.pause();
  lease.held.signal.throwIfAborted();
}

/** Until the user interrupts, standard input ends, or the link closes. */
function ended(stream: NodeJS.EventEmitter, signal: AbortSignal): Promise<void> {
  const closed = new Promise<void>((done) => {
    process.stdin.once('end', () => done());
    stream.once('close', () => done());
  });
  return Promise.race([closed, aborted(signal)]);
}
