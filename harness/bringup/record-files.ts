import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { basename, dirname, join, relative, resolve } from 'node:path';
import { parseDocument, stringify } from 'yaml';
import { readYamlFile } from '../config/yaml-file.js';
import { ConfigError, InfraError } from '../errors.js';
import { packageRoot } from '../paths.js';
import { type CostTable, loadCostTable } from '../virtual/cost-table.js';
import { type BringupRecord, bringupRecordSchema } from './bringup-record.js';

export interface RecordFiles {
  readonly record: string;
  readonly costTable: string;
}

/**
 * Where a board's bring-up is kept: `rack.d/` beside `rack.yaml`, and so on. The packaged rack is not the user's to write
 * beside; its boards' files go to `rack.d/` of the working folder.
 */
export function recordFiles(rackPath: string, board: string): RecordFiles {
  const own = isPackaged(rackPath) ? resolve('rack.yaml') : rackPath;
  const folder = join(dirname(own), `${basename(own).replace(/\.ya?ml$/, '')}.d`);
  return {
    record: join(folder, `${board}.bringup.yaml`),
    costTable: join(folder, `${board}.cost-table.json`),
  };
}

/** Writes both files whole, and reads the table back as a virtual board would. @throws InfraError `record-unwritable` */
export async function writeRecord(
  files: RecordFiles,
  record: BringupRecord,
  table: CostTable,
): Promise<void> {
  await writeWhole(files.record, stringify(record));
  await writeWhole(files.costTable, `${JSON.stringify(table, undefined, 2)}\n`);
  loadCostTable(files.costTable);
}

/** @throws ConfigError with `path:line` */
export function readRecord(path: string): Promise<BringupRecord> {
  return readYamlFile(path, bringupRecordSchema);
}

/** @throws ConfigError `rack-packaged` when the rack is none that may be changed */
export function refusePackagedRack(rackPath: string): void {
  if (!isPackaged(rackPath)) return;
  const message = `${rackPath} belongs to the package and is not changed; copy it to rack.yaml, then use --use`;
  throw new ConfigError('rack-packaged', message, { path: rackPath });
}

/** Makes `cost_table` of a board in the rack file name the table, and leaves all else there as it is, comments too. */
export async function referToTable(rackPath: string, board: string, costTable: string): Promise<void> {
  refusePackagedRack(rackPath);
  const document = parseDocument(await readFile(rackPath, 'utf8'));
  const boards = (document.toJS() as { boards: { id: string }[] }).boards;
  const index = boards.findIndex(({ id }) => id === board);
  if (index < 0)
    throw new ConfigError('unknown-board', `no board "${board}" in ${rackPath} any more`, { board });
  const path = relative(dirname(rackPath), costTable).replaceAll('\\', '/');
  document.setIn(['boards', index, 'cost_table'], path);
  await writeWhole(rackPath, document.toString());
}

function isPackaged(rackPath: string): boolean {
  const fixtures = join(packageRoot, 'fixtures');
  return !relative(fixtures, rackPath).startsWith('..');
}

/** Never half a file under its name. */
async function writeWhole(path: string, text: string): Promise<void> {
  const temporary = `${path}.${process.pid}.new`;
  try {
    await mkdir(dirname(path), { recursive: true });
    await writeFile(temporary, text);
    await rename(temporary, path);
  } catch (cause) {
    const message = `cannot write ${path}: ${(cause as Error).message}; make the folder writable`;
    throw new InfraError('record-unwritable', message, { path, cause });
  }
}
