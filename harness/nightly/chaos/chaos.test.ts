import { expect } from 'chai';
import { buildVirtualFirmware } from '../../build/virtual-firmware.js';
import { readEnvironment } from '../../config/environment.js';
import { describeWithRedis } from '../../farm/testing/redis-tier.js';
import { Sshd } from '../../farm/testing/sshd.js';
import { describeWithSshd } from '../../farm/testing/sshd-tier.js';
import { describeAccident, MACHINES, planTrial, type Transport } from './testing/accidents.js';
import { describeTrial, runTrial, type TrialReport } from './testing/trial.js';

const { requiredTools, trials } = readEnvironment();
/** CI's: a host of three that dies, and a Redis. */
const SEEDS = trials === undefined ? [1, 2] : Array.from({ length: trials }, (_, index) => index + 1);
const TRIAL_MS = 300_000;

describeWithSshd('a night over three hosts, with accidents', requiredTools, function () {
  this.timeout(TRIAL_MS);
  compiledFirst();
  const sshds: Sshd[] = [];
  before(async () => {
    for (let n = 0; n < MACHINES; n++) sshds.push(await Sshd.start());
  });
  after(async () => {
    for (const sshd of sshds) await sshd[Symbol.asyncDispose]();
  });
  trialsOver('ssh', sshds);
});

describeWithRedis('a night of three workers, with accidents', requiredTools, function () {
  this.timeout(TRIAL_MS);
  compiledFirst();
  trialsOver('queue', []);
});

/** The night's time is for the night: compiling the firmware takes a busy machine a minute. */
function compiledFirst(): void {
  before(() => buildVirtualFirmware());
}

function trialsOver(transport: Transport, sshds: readonly Sshd[]): void {
  const reports: TrialReport[] = [];
  for (const seed of SEEDS) {
    const plan = planTrial(seed);
    if (plan.transport !== transport) continue;
    const alone = `TOKENRACK_TRIALS=${seed} npx mocha --no-config dist/nightly/chaos/chaos.test.js -g 'seed ${seed}:'`;
    it(`judges every job once and leaves no lease (seed ${seed}: ${plan.accidents.map(({ kind }) => kind).join(', ')})`, async () => {
      const planned = plan.accidents.map(describeAccident).join('; ');
      const report = await runTrial(plan, sshds).catch((error: Error) => {
        throw new Error(`${planned}: ${error.message}\nalone: ${alone}`);
      });
      console.log(`      ${describeTrial(report)}`);
      reports.push(report);
      expect(report.faults, `${describeTrial(report)}\n${report.evidence}\nalone: ${alone}`).to.deep.equal(
        [],
      );
    });
  }
  after(() => {
    if (trials === undefined) return;
    const sum = (of: (report: TrialReport) => number) =>
      reports.reduce((total, report) => total + of(report), 0);
    const struck = reports.flatMap(({ happened }) => happened).filter(({ hits }) => hits > 0);
    const kinds = [...new Set(struck.map(({ accident }) => accident.kind))].sort();
    const accidents = kinds.map(
      (kind) => `${struck.filter((one) => one.accident.kind === kind).length} ${kind}`,
    );
    console.log(
      `      ${reports.length} trials over ${transport}, ${struck.length} accidents (${accidents.join(', ')}), ` +
        `${sum(({ counts }) => counts.jobs)} jobs, ${sum(({ counts }) => counts.judged)} judged, ` +
        `${sum(({ starts }) => starts)} starts, ${sum(({ counts }) => counts.again)} tried again, ${sum(({ counts }) => counts.infraFails)} infra-fail, ` +
        `${sum(({ seconds }) => seconds).toFixed(0)} s`,
    );
  });
}
