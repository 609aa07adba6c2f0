import { expect } from 'chai';
import { requirementsSchema } from '../jobs/job.js';
import { whyUnserved } from './unserved.js';
import type { WorkerFacts } from './workers.js';

const requires = requirementsSchema.parse({ labels: ['lens'] });

function worker(
  more: Partial<WorkerFacts> = {},
  state: WorkerFacts['boards'][number]['state'] = 'free',
): WorkerFacts {
  return {
    id: '1',
    name: 'lab-1',
    machine: 'lab-1',
    pid: 1,
    version: '1.0.0',
    startedAt: '2026-11-21T00:00:00Z',
    boards: [{ id: 'cam-1', mac: '24:6f:28:00:00:01', labels: ['lens'], state }],
    classes: [],
    ending: false,
    ...more,
  };
}

describe('a class without a worker', () => {
  const why = (...workers: WorkerFacts[]) => whyUnserved(requires, '1.0.0', workers);

  it('is none while a board that fits is free, or will be', () => {
    expect(why(worker())).to.equal(undefined);
    expect(why(worker({}, 'held'))).to.equal(undefined);
  });

  it('is one when the boards that fit are out of use, or their worker ends', () => {
    expect(why(worker({}, 'quarantined'))).to.include({ class: 'infra-fail', code: 'no-worker' });
    expect(why(worker({}, 'unreachable'))?.message).to.contain('1 of them out of use');
    expect(why(worker({ ending: true }))?.message).to.contain('lab-1 (ending)');
  });

  it('says what is wanted and who is there', () => {
    expect(why(worker({ boards: [] }))?.message).to.equal(
      'no worker has a board with lens; workers: lab-1 (0 board(s))',
    );
    expect(why()?.message).to.contain('no worker is there');
  });

  it('is a config-error when only workers of another version would do', () => {
    expect(why(worker({ version: '0.9.0' }))).to.include({ class: 'config-error', code: 'other-version' });
    expect(why(worker({ version: '0.9.0' }), worker({ name: 'lab-2' }))).to.equal(undefined);
  });
});
