import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';

/** Files of a folder: contents (latin1) by path with forward slashes. */
export type FolderFiles = Readonly<Record<string, string>>;

export async function writeFolder(folder: string, files: FolderFiles): Promise<void> {
  await mkdir(folder, { recursive: true });
  for (const [path, content] of Object.entries(files)) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), content, 'latin1');
  }
}

export async function readFolder(folder: string): Promise<FolderFiles> {
  const files: Record<string, string> = {};
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const path = join(entry.parentPath, entry.name);
    files[relative(folder, path)] = await readFile(path, 'latin1');
  }
  return files;
}

const NAMES = ['a', 'b b', 'ü', '-x', '.hidden', "it's", 'UPPER', '日本', '$(x)', 'e.json'];

/** A folder of up to 12 files, some equal, some empty, some deep, of up to 200 KB: the same for the same seed. */
export function randomFiles(seed: number): FolderFiles {
  let state = seed;
  const below = (limit: number): number => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    return (state >>> 8) % limit;
  };
  const files: Record<string, string> = {};
  for (let n = below(12) + 1; n > 0; n--) {
    const folders = Array.from({ length: below(3) }, () => `${NAMES[below(NAMES.length)]!}.d/`);
    const content = String.fromCharCode(below(256)).repeat(below(4) * below(70_000));
    files[`${folders.join('')}${NAMES[below(NAMES.length)]!}`] = content;
  }
  return files;
}
