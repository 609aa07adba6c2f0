import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { type BuiltFile, builtFiles } from '../dashboards/grafana/files.js';
import { ConfigError } from '../errors.js';
import { requirePossible } from './out-folder.js';

interface Flags {
  readonly out: string;
  readonly check?: boolean;
  readonly json?: boolean;
}

/**
 * Writes the files that Grafana is provisioned with, or compares them with what is there.
 * @throws ConfigError `dashboards-stale` when they are to be compared and differ
 */
export async function buildDashboards({ out: folder, check = false, json = false }: Flags): Promise<void> {
  const files = builtFiles();
  const changed = await changedFiles(folder, files);
  const left = await leftOver(folder, files);
  if (!check) await requirePossible(folder);
  if (check) refuseStale(folder, [...changed.map(({ path }) => path), ...left]);
  for (const file of changed) await write(folder, file);
  report(folder, files, changed, left, json);
}

async function changedFiles(folder: string, files: readonly BuiltFile[]): Promise<readonly BuiltFile[]> {
  const present = await Promise.all(files.map(({ path }) => textOf(join(folder, path))));
  return files.filter(({ content }, index) => present[index] !== content);
}

/** JSON of dashboards that are no more: Grafana would go on showing them. */
async function leftOver(folder: string, files: readonly BuiltFile[]): Promise<readonly string[]> {
  const built = new Set(files.map(({ path }) => path));
  const names = await readdir(join(folder, 'grafana')).catch(absent([]));
  return names.map((name) => `grafana/${name}`).filter((path) => path.endsWith('.json') && !built.has(path));
}

function refuseStale(folder: string, stale: readonly string[]): void {
  if (stale.length === 0) return;
  throw new ConfigError(
    'dashboards-stale',
    `${folder}: ${stale.join(', ')} ${stale.length === 1 ? 'is' : 'are'} not as built: run tokenrack dashboards build, and delete what is no longer built`,
    { stale },
  );
}

async function write(folder: string, { path, content }: BuiltFile): Promise<void> {
  const target = join(folder, path);
  await mkdir(dirname(target), { recursive: true });
  await writeFile(target, content);
}

function report(
  folder: string,
  files: readonly BuiltFile[],
  changed: readonly BuiltFile[],
  left: readonly string[],
  json: boolean,
): void {
  if (json) {
    const written = changed.map(({ path }) => path);
    process.stdout.write(
      `${JSON.stringify({ folder, files: files.map(({ path }) => path), written, left })}\n`,
    );
    return;
  }
  for (const file of files) {
    process.stdout.write(
      `${changed.includes(file) ? 'written  ' : 'unchanged'} ${join(folder, file.path)}\n`,
    );
  }
  for (const path of left) process.stdout.write(`no longer built, delete it: ${join(folder, path)}\n`);
}

async function textOf(path: string): Promise<string | undefined> {
  return readFile(path, 'utf8').catch(absent(undefined));
}

/** A file that is not there yet is as good as an empty one; anything else is trouble. */
function absent<T>(value: T): (error: NodeJS.ErrnoException) => T {
  return (error) => {
    if (error.code === 'ENOENT') return value;
    throw error;
  };
}
