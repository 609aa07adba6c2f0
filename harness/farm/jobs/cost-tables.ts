import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ConfigError } from '../../errors.js';
import type { RackBoard } from '../../rack/rack-schema.js';
import type { Placement } from './job.js';

/**
 * A placement that another machine understands: what cost tables say goes with it, since their files lie beside the rack file here. A real
 * board's is of no use to a run.
 * @throws ConfigError `cost-table`
 */
export async function withCostTables(placement: Placement): Promise<Placement> {
  const costTables: Record<string, string> = {};
  for (const { id, mac, link, cost_table: path } of placement.boards) {
    if (link !== 'virtual' || path === undefined) continue;
    costTables[mac] = await readFile(path, 'utf8').catch((cause: NodeJS.ErrnoException) => {
      throw new ConfigError('cost-table', `cannot read ${path}, the cost table of ${id}: ${cause.code}`, {
        path,
        cause,
      });
    });
  }
  const boards = placement.boards.map(({ cost_table: _, ...board }) => board);
  return { ...placement, boards, ...(Object.keys(costTables).length === 0 ? {} : { costTables }) };
}

/** The boards of a placement, with the cost tables that came with it as files below `folder`. */
export async function boardsWithTables(
  { boards, costTables = {} }: Placement,
  folder: string,
): Promise<RackBoard[]> {
  const tables = join(folder, 'cost-tables');
  if (Object.keys(costTables).length > 0) await mkdir(tables, { recursive: true });
  return Promise.all(
    boards.map(async (board) => {
      const text = costTables[board.mac];
      if (text === undefined) return board;
      const path = join(tables, `${board.id}.json`);
      await writeFile(path, text);
      return { ...board, cost_table: path };
    }),
  );
}
