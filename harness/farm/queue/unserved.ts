import type { JobOutcome, Requirements } from '../jobs/job.js';
import { installCommand } from '../jobs/job-store.js';
import { fits } from './classes.js';
import type { WorkerFacts } from './workers.js';

/** Why nobody can serve a class; undefined when somebody can. */
export function whyUnserved(
  requires: Requirements,
  version: string,
  workers: readonly WorkerFacts[],
): JobOutcome['failures'][number] | undefined {
  const able = workers.filter((worker) => !worker.ending && fits(requires, usable(worker)));
  if (able.some((worker) => worker.version === version)) return undefined;
  const wanted = describe(requires);
  if (able.length > 0) {
    const found = able.map((worker) => `${worker.name} has ${worker.version}`).join(', ');
    const message = `no worker of version ${version} has ${wanted}: ${found}; install the same there with ${installCommand(version)}`;
    return { class: 'config-error', code: 'other-version', message };
  }
  const there =
    workers.length === 0 ? 'no worker is there' : `workers: ${workers.map(describeWorker).join(', ')}`;
  return { class: 'infra-fail', code: 'no-worker', message: `no worker has ${wanted}; ${there}` };
}

/** Boards that will be free again, though others may have them now. */
function usable({ boards }: WorkerFacts): WorkerFacts['boards'] {
  return boards.filter(({ state }) => state === 'free' || state === 'held');
}

function describe({ count, labels, mac }: Requirements): string {
  const which = [...labels, ...(mac === undefined ? [] : [mac])].join(', ');
  const what = which === '' ? 'boards' : `boards with ${which}`;
  return count === 1 ? what.replace('boards', 'a board') : `${count} ${what}`;
}

function describeWorker(worker: WorkerFacts): string {
  const out = worker.boards.length - usable(worker).length;
  const boards = `${worker.boards.length} board(s)${out === 0 ? '' : `, ${out} of them out of use`}`;
  return `${worker.name} (${worker.ending ? 'ending' : boards})`;
}
