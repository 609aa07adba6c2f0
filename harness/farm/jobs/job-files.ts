import { createHash } from 'node:crypto';
import { dirname, isAbsolute, join, posix, relative, resolve, sep } from 'node:path';
import { type InputFiles, inputFilesOf } from '../../bench/input-files.js';
import { resolvePrompts } from '../../bench/prompts.js';
import type { ScenarioSpec } from '../../bench/scenario-spec.js';
import { readEnvironment } from '../../config/environment.js';
import { hashFile } from '../blobs/hash-file.js';
import type { MadeTree } from '../blobs/make-tree.js';
import { treeHash } from '../blobs/tree-hash.js';
import { filesBelow } from './files-below.js';

/** What is never part of a scenario, though it may lie beside it. */
const LEFT_OUT = new Set(['node_modules', 'runs', 'dist']);

/** A scenario's files as another machine will have them: what lies in the working folder lies there in the same place. */
export interface JobFiles {
  readonly made: MadeTree;
  /** The scenario's file in the tree; absent for the ad-hoc one. */
  readonly file?: string;
  /** What has to be said instead of the paths that lie elsewhere in the tree. */
  readonly overrides: Readonly<Record<string, unknown>>;
}

/** @throws ConfigError for what is missing, or more than can be sent */
export async function collectJobFiles(spec: ScenarioSpec, file: string | undefined): Promise<JobFiles> {
  const sources = new Map<string, string>();
  const overrides: Record<string, unknown> = {};
  const scenario = file === undefined ? {} : { file: await addScenario(sources, resolve(file)) };
  for (const input of await inputFilesOf(spec)) {
    const path = await addInput(sources, input);
    if (!isSaid(spec[input.key], path))
      overrides[input.key] = input.key === 'prompts' ? await resolvePrompts(spec.prompts) : path;
  }
  return { made: await hashAll(sources), overrides, ...scenario };
}

/** The whole folder, since a scenario may import what lies beside it. */
async function addScenario(sources: Map<string, string>, file: string): Promise<string> {
  const folder = dirname(file);
  const { runsFolder, stateFolder } = readEnvironment();
  const skip = (name: string, path: string): boolean =>
    LEFT_OUT.has(name) || name.startsWith('.') || path === runsFolder || path === stateFolder;
  const place = placing(folder);
  for (const { below, source } of await filesBelow(folder, skip))
    sources.set(place(join(folder, below)), source);
  return place(file);
}

/** @returns where the input's own path is in the tree */
async function addInput(sources: Map<string, string>, { path, files }: InputFiles): Promise<string> {
  const place = placing(files.map(dirname).reduce(commonFolder, dirname(path)));
  for (const file of files) {
    if (insideHere(path) !== undefined && insideHere(file) === undefined) continue;
    for (const { below, source } of await filesBelow(file, (name) => name === '.git'))
      sources.set(place(join(file, below)), source);
  }
  return place(path);
}

/** Where paths below `anchor` go: to where they are, seen from the working folder, or to a folder of the anchor's own. */
function placing(anchor: string): (path: string) => string {
  const name = createHash('sha256').update(anchor).digest('hex').slice(0, 12);
  return (path) => insideHere(path) ?? posix.join('inputs', name, slashes(relative(anchor, path)));
}

function insideHere(path: string): string | undefined {
  const below = relative(process.cwd(), path);
  return leadsOut(below) ? undefined : slashes(below);
}

function isSaid(given: unknown, path: string): boolean {
  return typeof given === 'string' && posix.normalize(slashes(given)) === path;
}

function commonFolder(one: string, other: string): string {
  let folder = one;
  while (leadsOut(relative(folder, other))) folder = dirname(folder);
  return folder;
}

/** On Windows, a path on another drive is absolute. */
function leadsOut(relativePath: string): boolean {
  return relativePath === '..' || relativePath.startsWith(`..${sep}`) || isAbsolute(relativePath);
}

function slashes(path: string): string {
  return path.split(sep).join('/');
}

async function hashAll(files: ReadonlyMap<string, string>): Promise<MadeTree> {
  const entries: MadeTree['tree']['files'] = [];
  const sources = new Map<string, string>();
  for (const path of [...files.keys()].sort()) {
    const source = files.get(path)!;
    const { sha256, bytes } = await hashFile(source);
    entries.push({ path, sha256, bytes });
    sources.set(sha256, source);
  }
  const tree = { files: entries };
  return { tree, hash: treeHash(tree), sources };
}
