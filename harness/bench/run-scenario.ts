import type { Rack } from '../rack/rack-file.js';
import type { CheckOutcomes } from '../results/check-outcomes.js';
import type { ReferenceRun } from '../results/reference-run.js';
import type { RunResult } from '../results/result.js';
import { RunFolder } from '../results/run-folder.js';
import { formatSummary } from '../sinks/summary.js';
import { type AttemptContext, runOnBoard } from './board-attempt.js';
import type { CustomCheck } from './custom-check.js';
import { deriveResult } from './derive.js';
import type { BenchListener } from './events.js';
import { keepPieces, keepReferenceLogits } from './keep-evidence.js';
import { makeReference } from './make-reference.js';
import { type Prepared, prepare } from './prepare.js';
import type { ScenarioSpec } from './scenario-spec.js';

export interface RunOptions {
  readonly rack: Rack;
  /** Ids of the boards to use; empty: the scenario chooses. */
  readonly boards: readonly string[];
  /** Further attempts per board after an infra-fail. */
  readonly retries: number;
  readonly stateFolder: string;
  readonly runsFolder: string;
  readonly onEvent: BenchListener;
  readonly signal?: AbortSignal;
}

/**
 * One run, end to end: scenario -> plan -> boards -> records -> result. Leaves a run folder whatever happens after the
 * plan is made; failures of boards are part of the result, not exceptions.
 * @throws ConfigError before any board is touched.
 */
export async function runScenario(
  title: string,
  spec: ScenarioSpec,
  checks: readonly CustomCheck[],
  options: RunOptions,
): Promise<RunResult> {
  const prepared = await prepare(title, spec, options);
  const folder = await RunFolder.create(options.runsFolder, title, new Date());
  await folder.write('plan.json', toJson(prepared.plan));
  options.onEvent({ type: 'planned', plan: prepared.plan, runFolder: folder.path });
  const reference = await computeReference(prepared, folder, options);
  const context: AttemptContext = { ...options, prepared, reference, folder };
  await Promise.all(prepared.boards.map((board) => runOnBoard(board, context)));
  await keepReferenceLogits(folder, prepared, reference);
  await keepPieces(folder, prepared.plan, prepared.tokenizer, reference);
  return conclude(folder, checks);
}

async function computeReference(
  prepared: Prepared,
  folder: RunFolder,
  options: RunOptions,
): Promise<ReferenceRun> {
  const { plan, checkpoint, tokenizer } = prepared;
  const total = plan.prompts.length;
  const tell = (done: number): void => options.onEvent({ type: 'reference', done, total });
  const reference = await makeReference(plan, checkpoint, tokenizer, tell, options.signal);
  await folder.write('reference.json', toJson(reference));
  return reference;
}

/** Custom assertions see the result as derived so far; their outcomes are facts of the run, kept beside the captures. */
async function conclude(folder: RunFolder, checks: readonly CustomCheck[]): Promise<RunResult> {
  if (checks.length > 0) {
    const preliminary = await deriveResult(folder);
    await folder.write('checks.json', toJson(runChecks(checks, preliminary)));
  }
  return writeResult(folder, await deriveResult(folder));
}

/** Writes `result.json` and `summary.txt`. */
export async function writeResult(folder: RunFolder, result: RunResult): Promise<RunResult> {
  await folder.write('summary.txt', formatSummary(result));
  await folder.write('result.json', toJson(result));
  return result;
}

function runChecks(checks: readonly CustomCheck[], result: RunResult): CheckOutcomes {
  return checks.map(({ expectation: { title, sha256 }, check }) => {
    try {
      check(result);
      return { title, sha256, passed: true };
    } catch (error) {
      return {
        title,
        sha256,
        passed: false,
        message: error instanceof Error ? error.message : String(error),
      };
    }
  });
}

function toJson(value: unknown): string {
  return `${JSON.stringify(value, null, 1)}\n`;
}
