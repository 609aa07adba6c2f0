import type { ReferenceRun } from '../results/reference-run.js';
import type { RunResult } from '../results/result.js';
import { RunFolder } from '../results/run-folder.js';
import { compareQuality } from './compare-quality.js';
import { conclude, toJson } from './conclude.js';
import { conductBench } from './conduct-bench.js';
import type { CustomCheck } from './custom-check.js';
import { keepPieces, keepReferenceLogits } from './keep-evidence.js';
import { makeReference } from './make-reference.js';
import { type Prepared, prepare } from './prepare.js';
import { cardRootOf } from './provisioning.js';
import { runForeign } from './run-foreign.js';
import { runOnBoards } from './run-on-boards.js';
import type { RunOptions } from './run-options.js';
import type { ScenarioSpec } from './scenario-spec.js';

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
  if (spec.firmware !== undefined) return runForeign(title, spec, spec.firmware, checks, options);
  const prepared = await prepare(title, spec, options);
  const first = { name: 'plan.json', content: toJson(prepared.plan) };
  const folder = await RunFolder.create(options.runsFolder, title, new Date(), first);
  options.onEvent({ type: 'planned', plan: prepared.plan, runFolder: folder.path });
  const { rounding } = prepared;
  if (rounding !== undefined) options.onEvent({ type: 'rounded', model: spec.model, ...rounding });
  const reference = await computeReference(prepared, folder, options);
  await keepPieces(folder, prepared.plan, prepared.tokenizer, reference);
  const { build, card, boards } = prepared;
  const conduct = conductBench(prepared, reference, options);
  const cardRoot = cardRootOf(card, prepared.plan);
  await runOnBoards(title, boards, { build, cardRoot, conduct, folder }, options);
  await keepReferenceLogits(folder, prepared, reference);
  await keepPieces(folder, prepared.plan, prepared.tokenizer, reference);
  return conclude(folder, checks);
}

async function computeReference(
  prepared: Prepared,
  folder: RunFolder,
  options: RunOptions,
): Promise<ReferenceRun> {
  const { plan, packed, tokenizer } = prepared;
  const total = plan.prompts.length;
  const tell = (done: number): void => options.onEvent({ type: 'reference', done, total });
  const made = await makeReference(plan, packed, tokenizer, tell, options.signal, options.shared);
  const quality = await qualityOf(prepared, made, options);
  const reference = { ...made, ...(quality === undefined ? {} : { quality }) };
  await folder.write('reference.json', toJson(reference));
  return reference;
}

async function qualityOf(
  { plan, packed, float32 }: Prepared,
  { prompts }: ReferenceRun,
  { onEvent, signal }: RunOptions,
): Promise<ReferenceRun['quality']> {
  if (float32 === undefined) return undefined;
  const total = plan.prompts.length;
  const tell = (done: number): void => onEvent({ type: 'quality', done, total });
  return compareQuality(plan, prompts, { float32, packed }, tell, signal);
}
