import { access, constants } from 'node:fs/promises';
import { leaseStateOf } from '../../lease/list.js';
import { boardFolder } from '../../rack/board-folder.js';
import { readHealth } from '../../rack/health-file.js';
import type { RackBoard } from '../../rack/rack-file.js';
import type { BoardStatus } from '../place.js';
import type { HostFolders } from './methods.js';

/** Whether a board of this machine can be given work now, without touching it: from its lease, its health and its port. */
export async function boardStatus(board: RackBoard, folders: HostFolders): Promise<BoardStatus> {
  const folder = boardFolder(board, folders);
  const { mac } = board;
  const { state, quarantine, build } = await readHealth(folder);
  const known = { mac, ...(build === undefined ? {} : { build }) };
  const held = holderOf(folder);
  if (held !== undefined) return { ...known, state: 'held', ...held };
  if (state === 'quarantined') return { ...known, state, ...(quarantine && { why: quarantine.reason }) };
  const trouble = await portTrouble(board);
  return trouble === undefined
    ? { ...known, state: 'free' }
    : { ...known, state: 'unreachable', why: trouble };
}

/** Who holds it; a lease that is over keeps nobody out, though it still stands there. */
function holderOf(folder: string): Pick<BoardStatus, 'why' | 'freeInMs'> | undefined {
  const { holder } = leaseStateOf(folder) ?? {};
  if (holder === undefined || holder.gone === true || holder.leftMs < 0) return undefined;
  const { user, pid, what, expectedLeftMs } = holder;
  const free = expectedLeftMs === undefined ? {} : { freeInMs: Math.max(0, expectedLeftMs) };
  return { why: `${what} (${user}, process ${pid})`, ...free };
}

/** A serial server far away is asked only by whoever opens it. */
async function portTrouble(board: RackBoard): Promise<string | undefined> {
  if (board.link !== 'usb' || !board.port.startsWith('/')) return undefined;
  return access(board.port, constants.R_OK | constants.W_OK).then(
    () => undefined,
    (error: NodeJS.ErrnoException) => `${board.port}: ${error.code}`,
  );
}
