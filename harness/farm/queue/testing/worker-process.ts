import { runWorker } from '../worker.js';
import { fakeMachine } from './fake-machine.js';
import type { WorkerProcessOptions } from './spawn-worker.js';

/** A worker in a process of its own: it can be killed and hung. */
const options = JSON.parse(process.argv[2]!) as WorkerProcessOptions;
const ending = new AbortController();
process.once('SIGTERM', () => ending.abort());
await runWorker({
  url: options.url,
  boards: options.boards,
  name: options.name,
  version: options.version,
  stateFolder: options.folder,
  machineFolder: options.folder,
  times: options.times,
  pollMs: 50,
  signal: ending.signal,
  onEvent: (event) => process.stdout.write(`${JSON.stringify(event)}\n`),
  ...(options.real === true ? {} : { machine: fakeMachine(options) }),
});
process.exit();
