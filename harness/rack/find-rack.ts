import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { packageRoot } from '../paths.js';
import { type Rack, readRack } from './rack-file.js';

/** The rack named, or `rack.yaml` of the working folder, or the packaged rack of virtual boards. */
export function findRack(path: string | undefined): Promise<Rack> {
  if (path !== undefined) return readRack(path);
  const own = resolve('rack.yaml');
  return readRack(existsSync(own) ? own : join(packageRoot, 'fixtures', 'racks', 'virtual.yaml'));
}
