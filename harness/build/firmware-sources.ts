import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ConfigError } from '../errors.js';

export interface SourceFile {
  /** Relative to the firmware folder, with forward slashes. */
  readonly path: string;
  readonly text: string;
}

export interface FirmwareSources {
  /** C files and headers, in order of their paths. */
  readonly files: readonly SourceFile[];
  /** Folders for `-I`, relative to the firmware folder. */
  readonly includeFolders: readonly string[];
}

const portFolder = 'ports/wasm';

/**
 * Everything that goes into the virtual board's module: `components/<name>/{src,include}` and `ports/wasm`.
 * @throws ConfigError `no-firmware` when `folder` has no C file there.
 */
export function readFirmwareSources(folder: string): FirmwareSources {
  const components = namesIn(join(folder, 'components'), 'folder').map((name) => `components/${name}`);
  const includeFolders = components.flatMap((component) => [`${component}/include`, `${component}/src`]);
  includeFolders.push(portFolder);
  const files = includeFolders.flatMap((sub) => sourcesIn(folder, sub));
  if (!files.some(({ path }) => path.endsWith('.c'))) {
    throw new ConfigError('no-firmware', `no firmware: ${folder} has no C source in components/*/src`, {
      folder,
    });
  }
  files.sort((a, b) => (a.path < b.path ? -1 : 1));
  return { files, includeFolders: includeFolders.filter((sub) => existsSync(join(folder, sub))) };
}

function sourcesIn(folder: string, sub: string): SourceFile[] {
  return namesIn(join(folder, sub), 'file')
    .filter((name) => /\.[ch]$/.test(name))
    .map((name) => ({ path: `${sub}/${name}`, text: readFileSync(join(folder, sub, name), 'utf8') }));
}

function namesIn(folder: string, kind: 'file' | 'folder'): string[] {
  if (!existsSync(folder)) return [];
  const entries = readdirSync(folder, { withFileTypes: true });
  return entries
    .filter((entry) => (kind === 'file' ? entry.isFile() : entry.isDirectory()))
    .map(({ name }) => name)
    .sort();
}
