import { openJobStore } from '../job-store.js';
import { placed, sampleJob } from './sample-job.js';
import { scriptedCommand } from './scripted-job.js';

/** A process that starts one job so many times and prints each answer. */
const [, , state, id, times, script] = process.argv;
const store = openJobStore(state!, { command: scriptedCommand });
for (let index = 0; index < Number(times); index++) {
  const answer = await store.start(sampleJob(id!, JSON.parse(script!)), placed());
  process.stdout.write(`${answer}\n`);
}
