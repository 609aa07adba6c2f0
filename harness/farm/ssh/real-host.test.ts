import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'chai';
import { deriveResult } from '../../bench/derive.js';
import type { BenchEvent } from '../../bench/events.js';
import { parseScenario } from '../../bench/scenario-spec.js';
import { readEnvironment } from '../../config/environment.js';
import { acquireLease } from '../../lease/acquire.js';
import { RunFolder } from '../../results/run-folder.js';
import { openFolderStore } from '../blobs/folder-store.js';
import { ship } from '../blobs/ship.js';
import { failureOf } from '../blobs/testing/failure-of.js';
import type { Job } from '../jobs/job.js';
import { eventOfLine, parseJobLine } from '../jobs/job-line.js';
import { makeJob } from '../jobs/make-job.js';
import { ownCommand } from '../jobs/spawn-job.js';
import { sampleBoard } from '../jobs/testing/sample-job.js';
import { sshdForSuite } from '../testing/sshd-suite.js';
import { describeWithSshd } from '../testing/sshd-tier.js';
import { openRemotePlace } from './remote-place.js';

const PLACEMENT = { try: 1, boards: [sampleBoard] };

/** `tokenrack host` itself behind a real sshd, with a virtual board. */
describeWithSshd('tokenrack host over SSH', readEnvironment().requiredTools, function () {
  this.timeout(120_000).slow(20_000);
  let far: string;
  let job: Job;
  const at = sshdForSuite();
  beforeEach(async () => {
    far = join(at.folder, 'far');
    const spec = parseScenario('ad hoc', {
      prompts: ['Hello there', 'Once upon a time'],
      generate: { tokens: 6 },
      repeats: 2,
      warmups: 0,
    });
    const overrides = { prompts: ['Hello there', 'Once upon a time'], tokens: 6, repeats: 2 };
    const made = await makeJob({ id: 'real', title: 'ad hoc', spec, overrides });
    await ship(made.made, await openFolderStore(join(at.folder, 'near')));
    job = made.job;
  });

  function open() {
    const host = at.sshd.host({ command: [...ownCommand], state: far });
    const clock = { now: () => performance.now(), sleep: (ms: number) => sleep(ms / 20) };
    const signal = new AbortController().signal;
    return openRemotePlace(host, [sampleBoard], { signal, blobsFolder: join(at.folder, 'near'), clock });
  }

  function options(events: BenchEvent[] = []) {
    const onEvent = (event: BenchEvent): void => void events.push(event);
    return { runsFolder: join(at.folder, 'runs'), onEvent, signal: new AbortController().signal };
  }

  it('tells each event once, and brings the run folder, over connections that are killed', async () => {
    await using place = await open();
    const events: BenchEvent[] = [];
    const running = place.run(job, PLACEMENT, options(events));
    let done = false;
    const settled = running.finally(() => {
      done = true;
    });
    settled.catch(() => {});
    let kills = 0;
    // Few enough that a busy machine still comes to start the program between two of them.
    for (const pauseMs of [300, 1700, 900, 2600]) {
      await sleep(pauseMs);
      if (done) break;
      kills += at.sshd.signalSessions('SIGKILL') > 0 ? 1 : 0;
    }
    const { outcome, runFolder } = await settled;
    expect(kills).to.be.greaterThan(0);
    expect(outcome.verdict).to.equal('pass');
    const text = await readFile(join(far, 'jobs', 'real', 'try-1', 'events.jsonl'), 'utf8');
    const written = text
      .trim()
      .split('\n')
      .flatMap((line) => eventOfLine(parseJobLine(line)!) ?? []);
    expect(events).to.deep.equal(written);
    expect(events.filter(({ type }) => type === 'token')).to.have.length(24);
    expect((await deriveResult(await RunFolder.open(runFolder!))).verdict).to.equal('pass');
  });

  it('says that a board is held, and runs the same try when it is free again', async () => {
    await using place = await open();
    const lease = await acquireLease({
      folder: join(far, 'boards', sampleBoard.mac.replaceAll(':', '-')),
      mac: sampleBoard.mac,
      board: sampleBoard.id,
      what: 'somebody else',
      timeoutMs: 5000,
    });
    expect((await place.status())[0]).to.deep.include({ mac: sampleBoard.mac, state: 'held' });
    expect(await failureOf(place.run(job, PLACEMENT, options()))).to.equal('lease-busy');
    await lease[Symbol.asyncDispose]();
    expect((await place.run(job, PLACEMENT, options())).outcome.verdict).to.equal('pass');
  });
});
