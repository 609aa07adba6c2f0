import { join, resolve } from 'node:path';
import type { BenchEvent } from '../bench/events.js';
import { readEnvironment } from '../config/environment.js';
import { InfraError, toTokenrackError } from '../errors.js';
import { type FolderStore, openFolderStore } from '../farm/blobs/folder-store.js';
import type { Job } from '../farm/jobs/job.js';
import { openableUrl } from '../farm/queue/queue-url.js';
import type { Lease } from '../lease/lease.js';
import type { RackBoard } from '../rack/rack-schema.js';
import { type Collected, collectScenarios } from '../scenario/collect-scenarios.js';
import type { ResultSink } from '../scenario/open-sinks.js';
import type { NightSummary } from '../sinks/night-summary.js';
import { tokenrackVersion } from '../version.js';
import { Delivery } from './deliver.js';
import { Durations } from './durations.js';
import { judgeClaims } from './judge-claims.js';
import { Ledger } from './ledger.js';
import { type LoadedScenario, loadNeeds, makeJobs, refuseChanges } from './make-jobs.js';
import { holdNight, makeNight, type Night, type NightOptions, nightName, readNight } from './night-file.js';
import type { NightChange, NightRun } from './night-run.js';
import { openPlacesTeam } from './places-team.js';
import { planJobs } from './plan-night.js';
import { NightProgress } from './progress.js';
import { openQueueTeam } from './queue-team.js';
import { type NightGate, shownPath, summarize } from './summarize.js';
import { sweepDrafts } from './sweep-drafts.js';
import type { Team } from './team.js';
import { readFinishedSummary, writeSummary } from './write-summary.js';

/** What a night tells whoever shows it, as it goes on. */
export interface NightView {
  /** Before the first job: how much there is, and how much of it an earlier controller did. */
  planned(night: Night, folder: string, progress: NightProgress): void;
  /** `progress` knows of it already. */
  change(change: NightChange): void;
  event(job: Job, event: BenchEvent): void;
  note(text: string): void;
}

export interface RunNightOptions {
  /** A new night, or the folder of one to go on with. */
  readonly what: NightOptions | { readonly resume: string };
  /** With its password, which `night.json` does not have; default: as the night has it, with the password of `TOKENRACK_QUEUE`. */
  readonly queueUrl?: string;
  /** Milliseconds since the epoch: from then on nothing is started any more, and nobody stands in line for a board. */
  readonly untilMs?: number;
  /** Whoever opened them finishes them. */
  readonly sinks: readonly ResultSink[];
  readonly view: NightView;
  readonly signal: AbortSignal;
  readonly gate?: NightGate;
}

/**
 * Runs a whole night, or the rest of one, and leaves its summaries in its folder. One that has nothing left to do stays as it is.
 * @throws ConfigError before any board is touched; what breaks the night itself, which can be resumed then
 */
export async function runNight(options: RunNightOptions): Promise<NightSummary> {
  const environment = readEnvironment();
  const resumed = 'resume' in options.what ? await readNight(resolve(options.what.resume)) : undefined;
  const finished =
    'resume' in options.what ? await readFinishedSummary(resolve(options.what.resume)) : undefined;
  if (finished !== undefined) return finished;
  const request = resumed?.options ?? (options.what as NightOptions);
  const collected = await collectScenarios(request.files);
  const scenarios = await loadNeeds(collected);
  const durations = await Durations.open(environment.stateFolder);
  await using team = await openTeam(request, collected, scenarios, options).catch((error: unknown) => {
    throw 'resume' in options.what ? resumable(error, resolve(options.what.resume)) : error;
  });
  const store = team.isElsewhere ? await openFolderStore(join(environment.stateFolder, 'blobs')) : undefined;
  const night = resumed ?? (await plan(request, scenarios, team, durations, store));
  if (resumed !== undefined) await refuseChanges(night.jobs, scenarios, store);
  const folder =
    'resume' in options.what ? resolve(options.what.resume) : await makeNight(environment.runsFolder, night);
  try {
    return await keepNight({ night, folder, collected, durations, team }, options);
  } catch (error) {
    throw resumable(error, folder);
  }
}

/** As long as the night's folder is this controller's: what it wrote after that might contradict another's. */
async function keepNight(kept: KeptNight, options: RunNightOptions): Promise<NightSummary> {
  const { night, folder } = kept;
  await using lease = await holdNight(folder, night.id);
  await sweepDrafts(join(folder, 'runs'));
  await using ledger = await Ledger.open(join(folder, 'ledger.jsonl'), () => lease.assertHeld());
  await ledger.append(
    ...night.jobs
      .filter(({ id }) => !ledger.state.has(id))
      .map(({ id }) => ({ record: 'planned', job: id }) as const),
  );
  return await goThrough({ ...kept, lease, ledger }, options);
}

/** When the machine is at fault, the night goes on where it was once that is mended. */
function resumable(error: unknown, folder: string): unknown {
  const known = toTokenrackError(error);
  if (known?.failureClass !== 'infra-fail') return error;
  const message = `${known.message}; go on with: tokenrack nightly --resume ${shownPath(folder)}`;
  return new InfraError(known.code, message, { ...known.details, cause: error });
}

async function openTeam(
  request: NightOptions,
  { definitions }: Collected,
  scenarios: readonly LoadedScenario[],
  { queueUrl, signal, view, untilMs }: RunNightOptions,
): Promise<Team> {
  const note = (text: string): void => view.note(text);
  const { queue, boards, once } = request;
  if (queue !== undefined) {
    const url = openableUrl(queue, queueUrl, readEnvironment().queueUrl);
    return openQueueTeam({
      url,
      everyBoard: !once,
      boards,
      signal,
      note,
      ...(untilMs === undefined ? {} : { untilMs }),
    });
  }
  const builds = new Map(scenarios.map(({ title, needs }) => [title, needs.build]));
  return openPlacesTeam(request, { definitions, buildOf: ({ title }) => builds.get(title), note });
}

interface KeptNight {
  readonly night: Night;
  readonly folder: string;
  readonly collected: Collected;
  readonly durations: Durations;
  readonly team: Team;
}

interface NightContext extends KeptNight {
  readonly lease: Lease;
  readonly ledger: Ledger;
}

async function plan(
  request: NightOptions,
  scenarios: readonly LoadedScenario[],
  team: Team,
  durations: Durations,
  store: FolderStore | undefined,
): Promise<Night> {
  const now = new Date();
  const id = nightName(now);
  const wanted = scenarios.map(({ title, spec, needs }) => ({
    title,
    labels: needs.labels,
    count: spec.boards.count,
  }));
  const { drafts, unplaced } = planJobs(wanted, team.planBoards, { night: id, once: request.once });
  const jobs = await makeJobs(drafts, scenarios, {
    labels: request.labels,
    ...(store === undefined ? {} : { store }),
    expectedMs: ({ title, requires }) => durations.expectedMs(title, boardOf(team, requires.mac)),
    leaseTtlMs: readEnvironment().times.leaseTtlMs,
  });
  return {
    night: 1,
    id,
    tokenrack: tokenrackVersion,
    startedAt: now.toISOString(),
    options: request,
    scenarios: scenarios.map(({ title, file }) => ({ title, file })),
    boards: (team.planBoards ?? []).map(({ id: board, mac, place }) => ({ id: board, mac, place })),
    jobs,
    unplaced,
  };
}

function boardOf(team: Team, mac: string | undefined): RackBoard | undefined {
  return mac === undefined ? undefined : team.boardOf(mac);
}

async function goThrough(context: NightContext, options: RunNightOptions): Promise<NightSummary> {
  const { night, folder, ledger, lease, team, collected } = context;
  const { view, gate, sinks } = options;
  const progress = new NightProgress(night.jobs, team.planBoards ?? [], ledger.state);
  view.planned(night, folder, progress);
  const delivery = new Delivery({
    ledger,
    nightFolder: folder,
    sinks,
    durations: context.durations,
    boardOf: (mac) => team.boardOf(mac),
  });
  await delivery.catchUp(night.jobs);
  await team.run(nightRun(context, options, delivery, progress));
  await lease.assertHeld();
  const endedEarly = whyEarly(context, options);
  const reports = join(folder, 'reports');
  const sweeps = options.signal.aborted
    ? { claims: [], reports: [], findings: [] }
    : await judgeClaims(night, collected.sweeps, ledger.state, folder, reports);
  const facts = { night, folder, ledger: ledger.state, boards: await team.summaryBoards(), sweeps };
  const endedAt = new Date().toISOString();
  const early = endedEarly === undefined ? {} : { endedEarly };
  const summary = await summarize({ ...facts, endedAt, ...early }, gate);
  await lease.assertHeld();
  await writeSummary(summary);
  return summary;
}

function nightRun(
  context: NightContext,
  options: RunNightOptions,
  delivery: Delivery,
  progress: NightProgress,
): NightRun {
  const { night, folder, lease, ledger } = context;
  const { view, sinks, signal, untilMs } = options;
  return {
    jobs: night.jobs,
    ledger,
    nightFolder: folder,
    runsFolder: join(folder, 'runs'),
    retries: night.options.retries,
    ...(untilMs === undefined ? {} : { untilMs }),
    signal: AbortSignal.any([signal, lease.signal]),
    onEvent: (job, event) => {
      view.event(job, event);
      for (const sink of sinks) sink.event(event);
    },
    onChange: (change) => {
      progress.note(change, Date.now());
      view.change(change);
    },
    onFinished: (job, { outcome }) => delivery.deliver(job, outcome.try),
  };
}

function whyEarly({ night, ledger }: NightContext, { signal, untilMs }: RunNightOptions): string | undefined {
  const left = night.jobs.filter(({ id }) => ledger.state.get(id)?.judged === undefined).length;
  if (left === 0) return undefined;
  const jobs = `${left} of ${night.jobs.length} jobs not judged`;
  if (signal.aborted) return `interrupted, ${jobs}`;
  if (untilMs === undefined) throw new Error(`the night ended with ${jobs}`);
  return `nothing was started after ${new Date(untilMs).toISOString()}, ${jobs}`;
}
