import { virtualBoard } from '../../../rack/rack-schema.js';
import { tokenrackVersion } from '../../../version.js';
import { type Job, jobSchema, type Placement } from '../job.js';

export const sampleBoard = virtualBoard.parse({ id: 'cam-1', mac: '24:6f:28:7a:00:01', link: 'virtual' });

/** For stores that run `scripted-job`: what it does stands in the overrides. */
export function sampleJob(id: string, overrides: Job['overrides'] = {}): Job {
  return jobSchema.parse({
    job: 1,
    id,
    tokenrack: tokenrackVersion,
    tree: '0'.repeat(64),
    file: 'none.scenario.ts',
    title: 'sample',
    overrides,
    requires: {},
  });
}

export function placed(number = 1): Placement {
  return { try: number, boards: [sampleBoard] };
}
