import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Sshd } from '../../../farm/testing/sshd.js';
import { tinyScenarios } from '../../testing/night-folder.js';
import { type Accident, describeAccident, type TrialPlan } from './accidents.js';
import { checkFree, checkHistory } from './check-leases.js';
import { checkNight, type NightCounts } from './check-ledger.js';
import { Controller } from './controller.js';
import { TrialMachine } from './machines.js';
import { describeProcess, processesIn, signalAll, until } from './processes.js';
import { QueueWorld } from './queue-world.js';
import { SshWorld } from './ssh-world.js';
import type { World } from './world.js';

/** In seconds: so short that a trial sees them end, and long enough for a busy machine of two cores. */
const TTL = 5;
const TIMES = `lease=${TTL} away=8 lock=5`;
const NIGHT_MS = 150_000;
const LAST_MS = 20_000;

export interface TrialReport {
  readonly plan: TrialPlan;
  /** What happened, with how many processes or connections it hit. */
  readonly happened: readonly { readonly accident: Accident; readonly hits: number }[];
  readonly counts: NightCounts;
  /** How often a job was started on some machine. */
  readonly starts: number;
  readonly seconds: number;
  /** None when all is well. */
  readonly faults: readonly string[];
  /** What everybody printed. */
  readonly log: string;
}

/** Runs one night with its accidents. @param sshds three of them, for a trial over SSH */
export async function runTrial(plan: TrialPlan, sshds: readonly Sshd[]): Promise<TrialReport> {
  const startMs = performance.now();
  const root = await mkdtemp(join(tmpdir(), 'tokenrack-chaos-'));
  try {
    const { controllerFolder, file } = await makeController(root, plan);
    const machines = plan.boards.map((boards, index) => new TrialMachine(root, index, boards));
    await using world =
      plan.transport === 'ssh'
        ? await SshWorld.begin(controllerFolder, machines, sshds)
        : await QueueWorld.begin(machines, TIMES);
    const controller = new Controller(controllerFolder, [file, '--once', ...world.words], {
      TOKENRACK_STATE: join(controllerFolder, 'state'),
      TOKENRACK_MACHINE: join(controllerFolder, 'machine'),
      TOKENRACK_TIMES: TIMES,
    });
    const happened = await goThrough(plan, world, controller);
    const faults = await world.end();
    faults.push(...(await strays(root)));
    const night = await controller.night();
    if (night === undefined) throw new Error(`no night was begun: ${controller.said}`);
    const checked = await checkNight(night, plan.jobs, controller.exitCode);
    faults.push(...checked.faults, ...(await checkHistory(night, machines)));
    faults.push(...(await checkFree(machines, TTL * 1000)));
    const seconds = (performance.now() - startMs) / 1000;
    const log = `${controller.said}\n${world.log()}`;
    const starts = await startsOn(machines);
    return { plan, happened, counts: checked.counts, starts, seconds, faults, log };
  } finally {
    signalAll(processesIn(root), 'SIGKILL');
    await rm(root, { recursive: true, force: true, maxRetries: 5 });
  }
}

async function makeController(root: string, { jobs }: TrialPlan) {
  const controllerFolder = join(root, 'controller');
  await mkdir(join(controllerFolder, 'scenarios'), { recursive: true });
  const file = join(controllerFolder, 'scenarios', 'tiny.scenario.ts');
  await writeFile(file, tinyScenarios(jobs));
  return { controllerFolder, file };
}

/** Runs the night; resolves when its last controller has ended and everything is mended. */
async function goThrough(
  plan: TrialPlan,
  world: World,
  controller: Controller,
): Promise<TrialReport['happened']> {
  const lastMs = performance.now() + NIGHT_MS;
  const happened: { accident: Accident; hits: number }[] = [];
  const mending: Promise<unknown>[] = [];
  await controller.start();
  for (const accident of plan.accidents) {
    if (!(await isDue(accident, world.machines, controller))) break;
    if (accident.kind === 'controller') {
      happened.push({ accident, hits: (await controller.kill()) ? 1 : 0 });
      await sleep(accident.backMs);
      await controller.start();
    } else {
      const { hits, mended } = await world.strike(accident);
      happened.push({ accident, hits });
      mending.push(mended);
    }
  }
  await until('end of the night', lastMs - performance.now(), () => !controller.isAlive).catch(
    (error: Error) => {
      throw new Error(`${error.message}; so far:\n${controller.said}\n${world.log()}`);
    },
  );
  await Promise.all(mending);
  return happened;
}

/** Resolves at the accident's moment; false: the night was over before. */
async function isDue(
  { starts, delayMs }: Accident,
  machines: readonly TrialMachine[],
  controller: Controller,
): Promise<boolean> {
  while (controller.isAlive && (await startsOn(machines)) < starts) await sleep(20);
  const lastMs = performance.now() + delayMs;
  while (controller.isAlive && performance.now() < lastMs) await sleep(10);
  return controller.isAlive;
}

async function startsOn(machines: readonly TrialMachine[]): Promise<number> {
  const folders = await Promise.all(machines.map((machine) => machine.tryFolders()));
  return folders.flat().length;
}

/** What runs yet although nobody needs it any more. */
async function strays(root: string): Promise<string[]> {
  await until('end of all processes', LAST_MS, () => processesIn(root).length === 0).catch(() => {});
  return processesIn(root).map((pid) => `still runs: ${describeProcess(pid)}`);
}

export function describeTrial({ plan, happened, counts, starts, seconds, faults }: TrialReport): string {
  const { jobs, judged, again, infraFails } = counts;
  const what = happened.map(({ accident, hits }) => `${describeAccident(accident)} (hit ${hits})`).join('; ');
  const came = `${judged} of ${jobs} judged, ${starts} starts, ${again} tried again, ${infraFails} infra-fail`;
  const line = `seed ${plan.seed} over ${plan.transport}: ${what || 'too late for any accident'}: ${came}, ${seconds.toFixed(1)} s`;
  return [line, ...faults.map((fault) => `FAULT: ${fault}`)].join('\n      ');
}
