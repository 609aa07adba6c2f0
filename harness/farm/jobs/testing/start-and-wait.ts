import { jobSchema } from '../job.js';
import { openJobStore } from '../job-store.js';
import { placed } from './sample-job.js';

/** A process that starts a job, says so, and lives until it is killed. */
const [, , state, job, tied] = process.argv;
await openJobStore(state!).start(jobSchema.parse(JSON.parse(job!)), placed(), { tied: tied === 'true' });
process.stdout.write('started\n');
setInterval(() => {}, 1000);
