import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { packageRoot } from '../paths.js';
import { Influxd } from '../sinks/influx/testing/influxd.js';
import { makePictures } from './pictures.js';

/** `node dist/history/draw-pictures.js`: draws dashboards/pictures anew; needs influxd. */
const folder = join(packageRoot, 'dashboards', 'pictures');
await using server = await Influxd.start();
await mkdir(folder, { recursive: true });
for (const { name, svg } of await makePictures(server)) await writeFile(join(folder, name), svg);
