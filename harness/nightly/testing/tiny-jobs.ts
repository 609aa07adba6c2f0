import type { Job } from '../../farm/jobs/job.js';
import type { VirtualRackBoard } from '../../rack/rack-schema.js';
import { virtualBoard } from '../../rack/rack-schema.js';
import { tokenrackVersion } from '../../version.js';

/** The n-th virtual board, from 1. */
export function boardOf(n: number, more: Readonly<Record<string, unknown>> = {}): VirtualRackBoard {
  const mac = `24:6f:28:7b:00:${n.toString(16).padStart(2, '0')}`;
  return virtualBoard.parse({ id: `cam-${n}`, mac, link: 'virtual', ...more });
}

/** A job that no real board runs. */
export function jobOf(name: string, requires: Partial<Job['requires']> = {}): Job {
  return {
    job: 1,
    id: `night.${name}`,
    tokenrack: tokenrackVersion,
    tree: '0'.repeat(64),
    file: 'tiny.scenario.ts',
    title: name,
    overrides: {},
    requires: { labels: [], count: 1, ...requires },
    retries: 0,
  };
}
