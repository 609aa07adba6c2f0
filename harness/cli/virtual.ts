import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { readEnvironment } from '../config/environment.js';
import { ConfigError, InfraError } from '../errors.js';
import { servePty } from '../link/pty.js';
import { serveRfc2217 } from '../link/rfc2217-server.js';
import { findRack } from '../rack/find-rack.js';
import { looseVirtualBoard, selectBoards, type VirtualRackBoard } from '../rack/rack-file.js';
import { ownCard, type StartedBoard, startVirtualBoard } from '../rack/start-virtual-board.js';
import type { CardFault } from '../virtual/card-faults.js';
import type { VirtualBoard } from '../virtual/virtual-board.js';
import { aborted } from './exit.js';
import { leaseForCommand } from './lease-for-command.js';

export interface VirtualFlags {
  readonly rfc2217?: number;
  readonly pty?: string | true;
  readonly board?: string;
  readonly mac?: string;
  readonly rack?: string;
  readonly card?: string;
  readonly cardFault?: readonly CardFault[];
  readonly bind: string;
  readonly pace?: 'real' | 'virtual';
  readonly loader?: boolean;
  readonly json?: boolean;
  readonly wait?: number;
}

/** Serves one virtual board until the user interrupts or the board fails. */
export async function serveVirtual(flags: VirtualFlags): Promise<void> {
  refuseContradictions(flags);
  const entry = await chooseEntry(flags);
  const cardRoot = flags.card === undefined ? ownCard : resolve(flags.card);
  await using lease = await leaseForCommand(entry, 'virtual', flags);
  await using started = await startVirtualBoard(
    { ...entry, pace: flags.pace ?? entry.pace },
    {
      stateFolder: readEnvironment().stateFolder,
      lease: lease.held,
      cardRoot,
      cardFaults: flags.cardFault ?? [],
    },
  );
  const failed = failureOf(started.board);
  if (flags.loader === true) enterLoader(started.board);
  await using served = await serve(started, flags);
  announce(entry, served.where, flags);
  const release = flags.pty === undefined ? () => {} : takeButtons(started.board);
  try {
    await Promise.race([failed, aborted(lease.signal)]);
    lease.held.signal.throwIfAborted();
  } finally {
    release();
  }
}

/** A pty cannot carry the reset lines: `r` and `l`, typed here, are the board's buttons. Returns what ends it. */
function takeButtons(board: VirtualBoard): () => void {
  const press = (typed: Buffer): void => {
    for (const key of typed.toString('latin1')) {
      if (key === 'r') pressReset(board);
      if (key === 'l') enterLoader(board);
    }
  };
  process.stdin.on('data', press);
  return () => {
    process.stdin.off('data', press);
    process.stdin.pause();
  };
}

function pressReset(board: VirtualBoard): void {
  board.setLines({ dtr: false, rts: true });
  board.setLines({ dtr: false, rts: false });
}

function refuseContradictions({ rfc2217, pty, board, mac, card, cardFault = [] }: VirtualFlags): void {
  const refuse = (message: string): never => {
    throw new ConfigError('bad-flags', message);
  };
  if ((rfc2217 === undefined) === (pty === undefined))
    refuse('say how to serve the board: --rfc2217 PORT or --pty');
  if (board !== undefined && mac !== undefined)
    refuse('--board and --mac both name the board: leave one out');
  if (card !== undefined && !existsSync(card)) refuse(`--card ${card}: no such folder`);
  const missing = cardFault.find(({ path }) => card !== undefined && !existsSync(join(card, path)));
  if (missing !== undefined) refuse(`--card-fault ${missing.path}: no such file in ${card}`);
}

async function chooseEntry({ board, mac, rack: path }: VirtualFlags): Promise<VirtualRackBoard> {
  const rack = await findRack(path);
  const known = rack.boards.filter((entry) => entry.link === 'virtual');
  if (mac !== undefined) return known.find((entry) => entry.mac === mac) ?? looseVirtualBoard(mac);
  const [entry] = board === undefined ? known : selectBoards(rack, [board]);
  if (entry?.link === 'virtual') return entry;
  const what = board === undefined ? `no virtual board in ${rack.path}` : `${board} is no virtual board`;
  throw new ConfigError('no-virtual-board', `${what}: name one, or say --mac MAC`);
}

/** As a person does who holds the IO0 button while pressing reset. */
function enterLoader(board: VirtualBoard): void {
  board.setLines({ dtr: true, rts: true });
  board.setLines({ dtr: true, rts: false });
  board.setLines({ dtr: false, rts: false });
}

async function serve(
  { board, folder }: StartedBoard,
  { rfc2217, pty, bind }: VirtualFlags,
): Promise<AsyncDisposable & { readonly where: string }> {
  if (rfc2217 !== undefined) {
    const server = await serveRfc2217(board, { port: rfc2217, bind });
    return { where: server.url, [Symbol.asyncDispose]: () => server.close() };
  }
  const port = await servePty(board, resolve(typeof pty === 'string' ? pty : join(folder, 'tty')));
  return { where: port.path, [Symbol.asyncDispose]: () => port.close() };
}

function announce({ id, mac }: VirtualRackBoard, where: string, { json, pty }: VirtualFlags): void {
  if (json === true) {
    process.stdout.write(`${JSON.stringify({ board: id, mac, where, clock: 'modelled' })}\n`);
    return;
  }
  const note =
    pty === undefined
      ? ''
      : '\na pty has no modem lines: type r to reset the board, l to reset it into its loader';
  process.stdout.write(`${id} (${mac}) is at ${where}; its times are modelled${note}\nCtrl-C ends\n`);
}

function failureOf(board: VirtualBoard): Promise<never> {
  return new Promise((_, reject) => {
    board.onGone((error) => {
      if (error !== undefined)
        reject(new InfraError('board-gone', `${board.name}: ${error.message}`, { cause: error }));
    });
  });
}
