import { existsSync } from 'node:fs';
import { isAbsolute, resolve } from 'node:path';
import { packageRoot } from '../paths.js';

/**
 * Where a path of a scenario lies: relative to the working folder, else to the package (so that the fixtures are
 * found from anywhere). A path that exists in neither is returned as the working folder's, for the reader's error.
 */
export function findInput(path: string): string {
  if (isAbsolute(path)) return path;
  const here = resolve(path);
  const packaged = resolve(packageRoot, path);
  return !existsSync(here) && existsSync(packaged) ? packaged : here;
}
