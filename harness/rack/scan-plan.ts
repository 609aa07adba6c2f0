import { isRfc2217Path, parseRfc2217Path, rfc2217Path } from '../link/rfc2217-url.js';
import type { RackBoard } from './rack-schema.js';
import type { Candidate } from './scan-candidates.js';
import type { FoundChip, NoBoard } from './scan-identify.js';

/** What came of one port. */
export interface ScannedPort {
  readonly candidate: Candidate;
  readonly outcome: FoundChip | NoBoard;
}

/** Keys of a board's entry as they are to be written; undefined: to be taken away. */
export type EntryKeys = Readonly<Record<string, string | number | boolean | undefined>>;

/** What the scan means for one board. */
export type BoardChange =
  | { readonly kind: 'new'; readonly id: string; readonly mac: string; readonly keys: EntryKeys }
  /** Found; `keys` are those that differ from the file. */
  | { readonly kind: 'found'; readonly id: string; readonly mac: string; readonly keys: EntryKeys }
  /** In the file and not found; `reason`: what came of its port. Never removed. */
  | { readonly kind: 'missing'; readonly id: string; readonly mac: string; readonly reason: string }
  /** Not looked for: on another machine, or virtual. */
  | { readonly kind: 'skipped'; readonly id: string; readonly mac: string; readonly reason: string };

export interface ScanPlan {
  readonly boards: readonly BoardChange[];
  /** Ports that gave no board that the rack could use, a line each. */
  readonly ports: readonly { readonly path: string; readonly code: string; readonly message: string }[];
}

/** What the ports mean for a rack file's boards. */
export function planScan(boards: readonly RackBoard[], scanned: readonly ScannedPort[]): ScanPlan {
  const found = boardsOf(scanned, boards);
  const known = boards.map((board) => changeOf(board, found.get(board.mac), scanned));
  const unknown = [...found].filter(([mac]) => boards.every((board) => board.mac !== mac));
  const ids = freeIds(boards, unknown.length);
  const added = unknown.map(
    ([mac, port], index): BoardChange => ({ kind: 'new', id: ids[index]!, mac, keys: entryOf(port) }),
  );
  const away = new Map(boards.filter(isAway).map((board) => [board.mac, board]));
  const ports = scanned.flatMap((port) => unusable(port, { found, away }));
  return { boards: [...known, ...added], ports };
}

type FoundPort = ScannedPort & { readonly outcome: FoundChip };

/** One port a board: where the file has it, when it is there too. */
function boardsOf(
  scanned: readonly ScannedPort[],
  boards: readonly RackBoard[],
): ReadonlyMap<string, FoundPort> {
  const found = new Map<string, FoundPort>();
  for (const { candidate, outcome } of scanned) {
    if (outcome.kind === 'none' || !outcome.hasLines) continue;
    const isHome = candidate.expected?.mac === outcome.mac;
    if (isHome || !found.has(outcome.mac)) found.set(outcome.mac, { candidate, outcome });
  }
  for (const { mac } of boards.filter(isAway)) found.delete(mac);
  return found;
}

/** The rack does not expect it at a port of this machine: a person has to say so first. */
function isAway(board: RackBoard): boolean {
  return board.link === 'virtual' || board.rack_host !== undefined;
}

function changeOf(
  board: RackBoard,
  port: FoundPort | undefined,
  scanned: readonly ScannedPort[],
): BoardChange {
  const { id, mac } = board;
  if (port !== undefined) return { kind: 'found', id, mac, keys: differences(board, entryOf(port, board)) };
  if (board.link === 'virtual') return { kind: 'skipped', id, mac, reason: 'virtual' };
  if (board.rack_host !== undefined)
    return { kind: 'skipped', id, mac, reason: `on ${board.rack_host}: scan there` };
  return { kind: 'missing', id, mac, reason: whyMissing(board, scanned) };
}

function whyMissing(board: RackBoard, scanned: readonly ScannedPort[]): string {
  const there = scanned.find(({ candidate }) => candidate.expected?.mac === board.mac);
  if (there === undefined) return 'its port was not looked at';
  const { outcome, candidate } = there;
  if (outcome.kind === 'none') return outcome.message;
  return `${candidate.path}: has ${outcome.mac} now`;
}

/** How a board's entry says where it is, and what the chip is. */
function entryOf({ candidate, outcome }: FoundPort, board?: RackBoard): EntryKeys {
  const { path, usbPaths } = candidate;
  const old = board?.link === 'usb' ? board.usb_path : undefined;
  const usbPath = old !== undefined && usbPaths.includes(old) ? old : usbPaths[0];
  const chip = { chip_revision: outcome.revision };
  if (!isRfc2217Path(path))
    return { link: 'usb', port: path, ...(usbPath === undefined ? {} : { usb_path: usbPath }), ...chip };
  const { host, port, ignoreControlAnswers } = parseRfc2217Path(path);
  const unconfirmed = ignoreControlAnswers ? { ign_set_control: true } : {};
  const clock = outcome.clock === 'modelled' ? { clock: 'modelled' } : {};
  return { link: 'rfc2217', host, port, ...unconfirmed, ...clock, ...chip };
}

/** Keys that only one kind of link has. */
const LINK_KEYS = { usb: ['usb_path'], rfc2217: ['host', 'clock', 'ign_set_control'] } as const;

function differences(board: RackBoard, entry: EntryKeys): EntryKeys {
  const old = board as unknown as EntryKeys;
  const gone = staleKeys(board, entry)
    .filter((key) => old[key] !== undefined)
    .map((key) => [key, undefined] as const);
  const changed = Object.entries(entry).filter(([key, value]) => old[key] !== value);
  return Object.fromEntries([...changed, ...gone]);
}

/** What the entry says of where the board was, and not of where it is. */
function staleKeys(board: RackBoard, entry: EntryKeys): readonly string[] {
  if (board.link === 'virtual') return [];
  if (board.link !== entry.link) return LINK_KEYS[board.link];
  return board.link === 'rfc2217' && entry.ign_set_control === undefined ? ['ign_set_control'] : [];
}

/** cam-1, cam-2 and so on, as far as they are not taken. */
function freeIds(boards: readonly RackBoard[], count: number): string[] {
  const taken = new Set(boards.map(({ id }) => id));
  const ids: string[] = [];
  for (let number = 1; ids.length < count; number++)
    if (!taken.has(`cam-${number}`)) ids.push(`cam-${number}`);
  return ids;
}

interface Seen {
  readonly found: ReadonlyMap<string, FoundPort>;
  /** By MAC. */
  readonly away: ReadonlyMap<string, RackBoard>;
}

function unusable({ candidate, outcome }: ScannedPort, { found, away }: Seen): ScanPlan['ports'] {
  const { path, expected } = candidate;
  if (outcome.kind === 'none') {
    // The line of the board that is missed there says it.
    const isTold = expected !== undefined && (outcome.code === 'missing' || !found.has(expected.mac));
    return isTold ? [] : [{ path, code: outcome.code, message: outcome.message }];
  }
  const { mac, hasLines } = outcome;
  if (!hasLines) {
    const message = `${path}: has board ${mac}, and no modem lines to reset it with: it stays as it is, and cannot be used`;
    return [{ path, code: 'no-modem-lines', message }];
  }
  const home = found.get(mac)?.candidate.path;
  if (home === path) return [];
  if (home !== undefined) {
    const message = `${path}: has board ${mac} too, which is entered at ${home}`;
    return [{ path, code: 'twice', message }];
  }
  return [{ path, code: 'elsewhere', message: `${path}: has board ${mac}: ${whereItIs(away.get(mac))}` }];
}

function whereItIs(board: RackBoard | undefined): string {
  const { id, rack_host: host } = board ?? {};
  if (host === undefined) return `the rack has ${id} as a virtual board: give one of them another MAC`;
  return `the rack has ${id} on ${host}: change its rack_host, if it moved`;
}

/** Where a board is, in a word. */
export function whereOf(keys: EntryKeys): string {
  if (keys.link === 'rfc2217')
    return rfc2217Path(String(keys.host), Number(keys.port), keys.ign_set_control === true);
  return String(keys.port);
}
