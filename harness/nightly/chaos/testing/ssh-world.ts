import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { stringify } from 'yaml';
import type { Sshd } from '../../../farm/testing/sshd.js';
import type { Accident } from './accidents.js';
import { lastLines } from './diary.js';
import { hostOf, type TrialMachine } from './machines.js';
import { signalAll } from './processes.js';
import { after, killAll, type Strike, type World } from './world.js';

const JOB = 'run-job';
/** How long a moment with a job on some machine is waited for. */
const LOOK_MS = 3000;

/** Three machines behind three servers. The servers outlast the trial, and are there again after it. */
export class SshWorld implements World {
  readonly words: readonly string[] = [];

  private constructor(
    readonly machines: readonly TrialMachine[],
    private readonly sshds: readonly Sshd[],
  ) {}

  static async begin(
    controllerFolder: string,
    machines: readonly TrialMachine[],
    sshds: readonly Sshd[],
  ): Promise<SshWorld> {
    const hosts = machines.map((machine, index) => hostOf(machine, sshds[index]!));
    const boards = machines.flatMap(({ name, boards: own }) =>
      own.map((board) => ({ ...board, rack_host: name })),
    );
    await writeFile(join(controllerFolder, 'rack.yaml'), stringify({ hosts, boards }));
    for (const { folder } of machines) await mkdir(folder, { recursive: true });
    return new SshWorld(machines, sshds);
  }

  async strike(accident: Accident): Promise<Strike> {
    const { kind, how, backMs } = accident;
    const sshd = this.sshds[accident.machine]!;
    if (kind === 'worker') return await this.strikeJob(accident);
    if (kind === 'connection') {
      const hits = sshd.signalSessions(how === 'frozen' ? 'SIGSTOP' : 'SIGKILL');
      const mend = () => sshd.signalSessions('SIGCONT');
      return { hits, mended: how === 'frozen' ? after(backMs, mend) : Promise.resolve() };
    }
    await sshd.kill();
    const hits = 1 + (await killAll(this.machines[accident.machine]!));
    return { hits, mended: after(backMs, () => sshd.start()) };
  }

  async end(): Promise<string[]> {
    return [];
  }

  log(): string {
    return this.sshds.map(({ text }, index) => lastLines(`sshd of lab-${index + 1}`, text, 20)).join('\n');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const sshd of this.sshds) {
      sshd.signalSessions('SIGKILL');
      await sshd.start();
    }
  }

  /** The process of a job, on the machine that is meant or else on the next that has one. */
  private async strikeJob({ machine, how, backMs }: Accident): Promise<Strike> {
    const order = this.machines.map((_, index) => this.machines[(machine + index) % this.machines.length]!);
    for (const lastMs = performance.now() + LOOK_MS; performance.now() < lastMs; await sleep(20)) {
      const pids = order.map((one) => one.processes(JOB)).find((found) => found.length > 0);
      const hits = signalAll(pids?.slice(0, 1) ?? [], how === 'frozen' ? 'SIGSTOP' : 'SIGKILL');
      if (hits === 0) continue;
      const mended = how === 'frozen' ? after(backMs, () => signalAll(pids!, 'SIGCONT')) : Promise.resolve();
      return { hits, mended };
    }
    return { hits: 0, mended: Promise.resolve() };
  }
}
