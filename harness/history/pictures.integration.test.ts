import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import { readEnvironment } from '../config/environment.js';
import { packageRoot } from '../paths.js';
import { Influxd } from '../sinks/influx/testing/influxd.js';
import { describeWithInfluxd } from '../sinks/influx/testing/influxd-tier.js';
import { makePictures } from './pictures.js';

describeWithInfluxd('dashboards/pictures', readEnvironment().requiredTools, () => {
  it('are what the dashboards of today draw, byte for byte', async () => {
    await using server = await Influxd.start();
    for (const { name, svg } of await makePictures(server)) {
      const kept = await readFile(join(packageRoot, 'dashboards', 'pictures', name), 'utf8');
      const again = `${name} is stale: npm run build && node dist/history/draw-pictures.js`;
      expect(kept === svg, again).to.equal(true);
    }
  });
});
