import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { expect } from 'chai';
import { packageRoot } from '../paths.js';

/** The modules of packages that a built file loads, itself or through others. */
async function packagesOf(file: string, seen = new Set<string>()): Promise<string[]> {
  if (seen.has(file)) return [];
  seen.add(file);
  const source = await readFile(file, 'utf8');
  const imported = [...source.matchAll(/^(?:import|export) (?:.* from )?'([^']+)';$/gm)].map(
    ([, name]) => name!,
  );
  const own = imported.filter((name) => name.startsWith('.')).map((name) => join(dirname(file), name));
  const deeper = await Promise.all(own.map((path) => packagesOf(path, seen)));
  return [...imported.filter((name) => !name.startsWith('.')), ...deeper.flat()];
}

describe('the thread of a board', () => {
  it('loads no package besides what Node has: each would cost its memory once per board', async () => {
    const packages = await packagesOf(join(packageRoot, 'dist', 'virtual', 'worker.js'));
    expect(packages).to.include('node:worker_threads');
    expect(packages.filter((name) => !name.startsWith('node:'))).to.deep.equal([]);
  });
});
