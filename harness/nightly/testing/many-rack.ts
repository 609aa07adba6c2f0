import { copyFile, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { boardFolder } from '../../rack/board-folder.js';
import { boardSchema, type RackBoard } from '../../rack/rack-schema.js';

/** Folders of a bench, all below one. */
export interface ManyFolders {
  readonly stateFolder: string;
  readonly machineFolder: string;
  readonly triesFolder: string;
  readonly runsFolder: string;
}

export function foldersIn(root: string): ManyFolders {
  const below = (name: string): string => join(root, name);
  return {
    stateFolder: below('state'),
    machineFolder: below('machine'),
    triesFolder: below('tries'),
    runsFolder: below('runs'),
  };
}

/** Virtual boards at one scale of the wall clock; without a scale as fast as the machine allows. */
export function manyBoards(count: number, scale?: number): RackBoard[] {
  return Array.from({ length: count }, (_, index) => {
    const mac = `24:6f:28:7c:${[index >> 8, index & 0xff].map(hexByte).join(':')}`;
    const pace = scale === undefined ? {} : { pace: 'real', pace_scale: scale };
    return boardSchema.parse({ id: `cam-${index + 1}`, link: 'virtual', mac, ...pace });
  });
}

/** Gives every board the flash of the first one, as it is on a rack that ran the same build the night before. */
export async function copyFlash(boards: readonly RackBoard[], folders: ManyFolders): Promise<void> {
  const [first, ...others] = boards.map((board) => boardFolder(board, folders));
  for (const folder of others) {
    await mkdir(folder, { recursive: true });
    await copyFile(join(first!, 'flash.bin'), join(folder, 'flash.bin'));
  }
}

function hexByte(value: number): string {
  return value.toString(16).padStart(2, '0');
}
