import { join } from 'node:path';
import { packageRoot } from '../paths.js';

/** Where the cost table lies that is used when none is named. */
export const defaultCostTablePath: string = join(packageRoot, 'fixtures', 'hardware', 'esp32cam.json');
