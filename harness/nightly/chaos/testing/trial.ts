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
import { Diary } from './diary.js';
import { evidenceOf } from './evidence.js';
import { TrialMachine } from './machines.js';
import { describeProcess, processesIn, signalAll, until } from './processes.js';
import { QueueWorld } from './queue-world.js';
import { SshWorld } from './ssh-world.js';
import type { Strike, World } from './world.js';

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
  /** What happened when, and what everybody did and printed; empty when all is well. */
  readonly evidence: string;
}

/**
 * Runs one night with its accidents.
 * @param sshds three of them, for a trial over SSH
 * @throws Error with the evidence in its message
 */
export async function runTrial(plan: TrialPlan, sshds: readonly Sshd[]): Promise<TrialReport> {
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
    return await runIn({ root, plan, world, controller, diary: new Diary() });
  } finally {
    signalAll(processesIn(root), 'SIGKILL');
    await rm(root, { recursive: true, force: true, maxRetries: 5 });
  }
}

interface TrialParts {
  readonly root: string;
  readonly plan: TrialPlan;
  readonly world: World;
  readonly controller: Controller;
  /** Of the accidents. */
  readonly diary: Diary;
}

async function runIn(parts: TrialParts): Promise<TrialReport> {
  const startMs = performance.now();
  try {
    const happened = await goThrough(parts);
    const { faults, counts } = await check(parts);
    const seconds = (performance.now() - startMs) / 1000;
    const starts = await startsOn(parts.world.machines);
    const evidence = faults.length === 0 ? '' : await allEvidence(parts);
    return { plan: parts.plan, happened, counts, starts, seconds, faults, evidence };
  } catch (error) {
    throw new Error(`${(error as Error).message}\n${await allEvidence(parts)}`, { cause: error });
  }
}

async function check({ root, plan, world, controller }: TrialParts) {
  const { machines } = world;
  const faults = await world.end();
  faults.push(...(await strays(root)));
  const night = await controller.night();
  if (night === undefined) throw new Error('no night was begun');
  const checked = await checkNight(night, plan.jobs, controller.exitCode);
  faults.push(...checked.faults, ...(await checkHistory(night, machines)));
  faults.push(...(await checkFree(machines, TTL * 1000)));
  return { faults, counts: checked.counts };
}

async function allEvidence({ diary, controller, world }: TrialParts): Promise<string> {
  const night = await controller.night().catch(() => undefined);
  const said = [diary.shown('accidents'), controller.diary.shown('the controller'), world.log()];
  return [...said, await evidenceOf(night, world.machines)].join('\n');
}

async function makeController(root: string, { jobs }: TrialPlan) {
  const controllerFolder = join(root, 'controller');
  await mkdir(join(controllerFolder, 'scenarios'), { recursive: true });
  const file = join(controllerFolder, 'scenarios', 'tiny.scenario.ts');
  await writeFile(file, tinyScenarios(jobs));
  return { controllerFolder, file };
}

/** Runs the night; resolves when its last controller has ended and everything is mended. */
async function goThrough(parts: TrialParts): Promise<TrialReport['happened']> {
  const { plan, world, controller, diary } = parts;
  const lastMs = performance.now() + NIGHT_MS;
  const happened: { accident: Accident; hits: number }[] = [];
  const mending: Promise<unknown>[] = [];
  await controller.start();
  for (const accident of plan.accidents) {
    if (!(await isDue(accident, world.machines, controller))) break;
    diary.note(describeAccident(accident));
    const { hits, mended } =
      accident.kind === 'controller'
        ? await strikeController(controller, accident)
        : await world.strike(accident);
    diary.note(`${accident.kind}: hit ${hits}`);
    happened.push({ accident, hits });
    const noted = mended.then(() => diary.note(`${accident.kind}: mended`));
    mending.push(noted);
    // It is waited for below, and may fail before.
    noted.catch(() => {});
  }
  await until('end of the night', lastMs - performance.now(), () => !controller.isAlive);
  await Promise.all(mending);
  return happened;
}

async function strikeController(controller: Controller, { backMs = 0 }: Accident): Promise<Strike> {
  const hits = (await controller.kill()) ? 1 : 0;
  await sleep(backMs);
  await controller.start();
  return { hits, mended: Promise.resolve() };
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
