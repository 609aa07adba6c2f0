import { deadServer } from './bench-dead-server.js';
import { million } from './bench-million.js';
import { throughput } from './bench-throughput.js';

/**
 * Benchmarks of the way to InfluxDB, not tests: `node dist/sinks/influx/bench.js throughput|million|dead-server [ROUNDS]`.
 * The first two start an influxd of their own.
 */
const BENCHMARKS: Readonly<Record<string, (rounds: number) => Promise<void>>> = {
  throughput,
  million,
  'dead-server': deadServer,
};

const [name = '', rounds = '5'] = process.argv.slice(2);
const benchmark = BENCHMARKS[name];
if (benchmark === undefined) {
  process.stderr.write(`which benchmark? ${Object.keys(BENCHMARKS).join(', ')}\n`);
  process.exitCode = 2;
} else await benchmark(Number(rounds));
