import { join } from 'node:path';
import type { Tokenizer } from '../model/tokenizer.js';
import type { Plan } from '../results/plan.js';
import type { RunResult } from '../results/result.js';
import { RunFolder } from '../results/run-folder.js';
import { conclude, toJson } from './conclude.js';
import { conductForeign } from './conduct-foreign.js';
import type { CustomCheck } from './custom-check.js';
import { readForeignAttempt } from './foreign-attempt.js';
import { writePieces } from './pieces.js';
import { prepareForeign } from './prepare-foreign.js';
import { runOnBoards } from './run-on-boards.js';
import type { RunOptions } from './run-options.js';
import type { ScenarioSpec } from './scenario-spec.js';

/**
 * One run with another project's firmware, end to end. What needs the bench protocol is left out: session, identity of
 * the build, the card's manifest, the reference.
 * @param file description of the firmware
 * @throws ConfigError before any board is touched.
 */
export async function runForeign(
  title: string,
  spec: ScenarioSpec,
  file: string,
  checks: readonly CustomCheck[],
  options: RunOptions,
): Promise<RunResult> {
  const prepared = await prepareForeign(title, spec, file, options);
  const { plan, build, boards, cardRoot, tokenizer } = prepared;
  const first = { name: 'plan.json', content: toJson(plan) };
  const folder = await RunFolder.create(options.runsFolder, title, new Date(), first);
  options.onEvent({ type: 'planned', plan, runFolder: folder.path });
  const { rounding } = prepared;
  if (rounding !== undefined) options.onEvent({ type: 'rounded', model: spec.model, ...rounding });
  // A run that is killed can be replayed all the same, if without its texts.
  if (tokenizer !== undefined) await writePieces(folder, new Set(), tokenizer);
  const conduct = conductForeign(prepared, options);
  const work = {
    build,
    conduct,
    folder,
    ...(cardRoot === undefined ? {} : { cardRoot: () => cardRoot }),
  };
  await runOnBoards(title, boards, work, options);
  if (tokenizer !== undefined) await keepPieces(folder, plan, tokenizer);
  return conclude(folder, checks);
}

async function keepPieces(folder: RunFolder, plan: Plan, tokenizer: Tokenizer): Promise<void> {
  const ids = new Set<number>();
  for (const board of plan.boards) {
    const path = (await folder.attemptFolders(board.id)).at(-1);
    if (path === undefined) continue;
    for (const { read } of (await readForeignAttempt(join(path), plan)).generations) {
      for (const id of read.ids ?? []) if (id < plan.model.config!.vocabSize) ids.add(id);
    }
  }
  await writePieces(folder, ids, tokenizer);
}
