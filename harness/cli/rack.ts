import { resolve } from 'node:path';
import { type Environment, readEnvironment } from '../config/environment.js';
import { acquireLease } from '../lease/acquire.js';
import type { Lease } from '../lease/lease.js';
import { boardFolder } from '../rack/board-folder.js';
import type { Health } from '../rack/health.js';
import { readHealth, recordSeen } from '../rack/health-file.js';
import { rackJsonSchema } from '../rack/rack-json-schema.js';
import type { RackBoard } from '../rack/rack-schema.js';
import { changesRack, type Scan, scanRack, writeRack } from '../rack/scan.js';
import { type BoardChange, type EntryKeys, whereOf } from '../rack/scan-plan.js';
import { interruptSignal } from './exit.js';
import { healthText } from './health-text.js';

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
  const health = await healthOfFound(done, written, environment);
  if (flags.json === true) {
    const { boards, ports } = done.plan;
    const unlisted = done.unlisted === undefined ? {} : { unlisted: done.unlisted };
    process.stdout.write(
      `${JSON.stringify({ rack: path, written, boards: boards.map(withHealth), ports, ...unlisted })}\n`,
    );
  } else process.stdout.write(describe(done, { path, written, health }));

  function withHealth(change: BoardChange): object {
    const { state, quarantine } = health.get(change.mac)?.after ?? {};
    return state === undefined ? change : { ...change, health: { state, quarantine } };
  }
}

/** What is kept of a board that was found, before and after it was. */
interface FoundHealth {
  readonly before: Health;
  readonly after: Health;
}

/** By MAC. A board that was only not at its port leaves quarantine when it is found where the file has it now. */
async function healthOfFound(
  { rack, plan }: Scan,
  written: boolean,
  environment: Environment,
): Promise<ReadonlyMap<string, FoundHealth>> {
  const all = new Map<string, FoundHealth>();
  for (const change of plan.boards) {
    const board = rack?.boards.find(({ mac }) => mac === change.mac);
    if (change.kind !== 'found' || board === undefined) continue;
    const home = boardFolder(board, environment);
    const before = await readHealth(home);
    const isThere = written || Object.keys(change.keys).length === 0;
    all.set(change.mac, { before, after: isThere ? await recordSeen(home) : before });
  }
  return all;
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

/** As a diff: `+` new, `~` changed, `=` found as it was, `?` in the file and not found, `-` not looked for, `!` a port without a board. */
function describe(
  { rack, plan, unlisted }: Scan,
  file: { path: string; written: boolean; health: ReadonlyMap<string, FoundHealth> },
): string {
  const boards = new Map(rack?.boards.map((board) => [board.mac, board]));
  const lines = [
    ...plan.boards.map(
      (change) => `${describeChange(change, boards.get(change.mac))}${quarantineOf(change, file.health)}`,
    ),
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
  if (change.kind === 'skipped') return `- ${name} was not looked for: ${change.reason}`;
  if (change.kind === 'new')
    return `+ ${name} at ${whereOf(change.keys)}, ESP32 revision ${change.keys.chip_revision}`;
  const changed = Object.entries(change.keys);
  if (changed.length === 0) return `= ${name}`;
  const old = (board ?? {}) as unknown as EntryKeys;
  return `~ ${name} ${changed.map(([key, value]) => `${key}: ${old[key] ?? '(none)'} -> ${value ?? '(none)'}`).join(', ')}`;
}

function quarantineOf({ id, mac }: BoardChange, health: ReadonlyMap<string, FoundHealth>): string {
  const found = health.get(mac);
  const still = found && healthText(found.after);
  if (still !== undefined) return `; ${still}; \`tokenrack rack check ${id} --release\` puts it back`;
  const was = found && healthText(found.before);
  return was === undefined ? '' : `; good again, was ${was}`;
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
