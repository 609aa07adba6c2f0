import { parseArgs } from 'node:util';
import { queryInfluxd, writeInfluxd } from '../sinks/influx/testing/influxd-requests.js';
import { historyOf } from './history-points.js';
import { readRecordedRuns } from './recorded-runs.js';

/**
 * `node dist/history/fill-influxd.js [--url http://127.0.0.1:8086] [--database tokenrack_demo]`: fills an InfluxDB with the
 * seeded history, its last night being the last one, for trying the dashboards. A database of its own by default: simulated
 * nights have no place among real ones.
 */
const { values } = parseArgs({
  options: {
    url: { type: 'string', default: 'http://127.0.0.1:8086' },
    database: { type: 'string', default: 'tokenrack_demo' },
  },
});
const address = { url: values.url, database: values.database };
/** Before six in the morning the last night is not over. */
const lastNight = new Date(Date.now() - 6 * 3_600_000);
const { lines } = historyOf(await readRecordedRuns(), lastNight, Date.now());
await queryInfluxd(address, `CREATE DATABASE "${values.database}"`);
for (let at = 0; at < lines.length; at += 5000) {
  await writeInfluxd(address, lines.slice(at, at + 5000).join('\n'));
}
process.stdout.write(
  `${lines.length} points of 30 simulated nights in ${values.database} at ${values.url}\n`,
);
