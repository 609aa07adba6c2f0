import { resolve } from 'node:path';
import { type Environment, readEnvironment } from '../config/environment.js';
import { acquireLease } from '../lease/acquire.js';
import type { Lease } from '../lease/lease.js';
import { boardFolder } from '../rack/board-folder.js';
import { rackJsonSchema } from '../rack/rack-json-schema.js';
import type { RackBoard } from '../rack/rack-schema.js';
import { changesRack, type Scan, scanRack, writeRack } from '../rack/scan.js';
import { type BoardChange, type EntryKeys, whereOf } from '../rack/scan-plan.js';
import { interruptSignal } from './exit.js';

/** Prints what editors check rack.yaml against. */
export function printSchema(): void {
  process.stdout.write(`${JSON.stringify(rackJsonSchema(), undefined, 2)}\n`);
}

export interface ScanFlags {
  readonly rack?: string;
  readonly port?: readonly string[];
  readonly timeout: number;
  readonly write?: boolean;
  readonly json?: boolean;
}

/** Looks for boards and says what that means for the rack file; with `write`, writes it. */
export async function scan(flags: ScanFlags): Promise<void> {
  const path = resolve(flags.rack ?? 'rack.yaml');
  const signal = interruptSignal();
  const environment = readEnvironment();
  const done = await scanRack({
    path,
    named: flags.port ?? [],
    timeoutMs: flags.timeout * 1000,
    signal,
    hold: (board) => hold(board, { environment, signal }),
  });
  const written = flags.write === true && changesRack(done.plan);
  if (written) await writeRack(path, done);
  if (flags.json === true) {
    const { boards, ports } = done.plan;
    const unlisted = done.unlisted === undefined ? {} : { unlisted: done.unlisted };
    process.stdout.write(`${JSON.stringify({ rack: path, written, boards, ports, ...unlisted })}\n`);
  } else process.stdout.write(describe(done, { path, written }));
}

/** A board that somebody works with is left alone: opening its port would reset it. */
function hold(
  board: RackBoard,
  { environment, signal }: { environment: Environment; signal: AbortSignal },
): Promise<Lease> {
  const { id, mac } = board;
  const folder = boardFolder(board, environment);
  return acquireLease({ folder, board: id, mac, what: 'rack scan', timeoutMs: 0, signal });
}

/** As a diff: `+` new, `~` changed, `=` found as it was, `?` in the file and not found, `!` a port without a board. */
function describe({ rack, plan, unlisted }: Scan, file: { path: string; written: boolean }): string {
  const boards = new Map(rack?.boards.map((board) => [board.mac, board]));
  const lines = [
    ...plan.boards.map((change) => describeChange(change, boards.get(change.mac))),
    ...plan.ports.map(({ message }) => `! ${message}`),
    ...(unlisted === undefined
      ? []
      : [`! the system does not list its ports (${unlisted}): name them with --port`]),
    closing(plan.boards, file),
  ];
  return `${lines.join('\n')}\n`;
}

function describeChange(change: BoardChange, board: RackBoard | undefined): string {
  const name = `${change.id} ${change.mac}`;
  if (change.kind === 'missing') return `? ${name} was not found: ${change.reason}`;
  if (change.kind === 'skipped') return `  ${name} was not looked for: ${change.reason}`;
  if (change.kind === 'new')
    return `+ ${name} at ${whereOf(change.keys)}, ESP32 revision ${change.keys.chip_revision}`;
  const changed = Object.entries(change.keys);
  if (changed.length === 0) return `= ${name}`;
  const old = (board ?? {}) as unknown as EntryKeys;
  return `~ ${name} ${changed.map(([key, value]) => `${key}: ${old[key] ?? '(none)'} -> ${value ?? '(none)'}`).join(', ')}`;
}

function closing(
  boards: readonly BoardChange[],
  { path, written }: { path: string; written: boolean },
): string {
  const added = boards.filter(({ kind }) => kind === 'new').length;
  const changed = boards.filter((one) => one.kind === 'found' && Object.keys(one.keys).length > 0).length;
  if (added + changed === 0) return `${path}: nothing to change`;
  const done = written ? 'written' : 'not written: add --write';
  return `${path}: ${added} new, ${changed} changed; ${done}`;
}
