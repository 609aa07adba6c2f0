import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { packageRoot } from '../paths.js';
import type { RunResult } from '../results/result.js';
import type { BaseRuns, Trouble } from './base-runs.js';
import { variants } from './variants.js';

const file = join(packageRoot, 'fixtures', 'history', 'base-runs.jsonl');

/** A line of the file: a result, and what it stands for. */
interface RecordedRun {
  readonly kind: 'first' | 'later' | Trouble;
  /** Of passing runs: which of `variants`. */
  readonly variant?: number;
  readonly result: RunResult;
}

/**
 * Real runs that were recorded once (fixtures/history), for pictures that are the same byte for byte: two runs of a virtual board
 * differ by the microsecond in which a stage was read off the clock.
 */
export async function readRecordedRuns(): Promise<BaseRuns> {
  const lines = (await readFile(file, 'utf8')).trim().split('\n');
  const runs = lines.map((line) => JSON.parse(line) as RecordedRun);
  const of = (kind: RecordedRun['kind'], variant?: number): RunResult =>
    runs.find((run) => run.kind === kind && run.variant === variant)!.result;
  const failing = runs.filter(({ variant }) => variant === undefined);
  return {
    passing: new Map(
      variants.map((variant, at) => [variant, { first: of('first', at), later: of('later', at) }]),
    ),
    failing: Object.fromEntries(failing.map(({ kind, result }) => [kind, result])) as BaseRuns['failing'],
  };
}

export async function recordRuns({ passing, failing }: BaseRuns): Promise<void> {
  const runs: RecordedRun[] = [
    ...[...passing.values()].flatMap(({ first, later }, variant) => [
      { kind: 'first' as const, variant, result: first },
      { kind: 'later' as const, variant, result: later },
    ]),
    ...Object.entries(failing).map(([kind, result]) => ({ kind: kind as Trouble, result })),
  ];
  const lines = runs.map((run) => JSON.stringify({ ...run, result: anywhere(run.result) }));
  await writeFile(file, `${lines.join('\n')}\n`);
}

/** Without what is of this machine alone, and what no point is made of. */
function anywhere(result: RunResult): RunResult {
  return {
    ...result,
    run: { ...result.run, folder: `runs/${result.run.id}` },
    model: { ...result.model, path: 'fixtures/models/little-stories' },
    generations: result.generations.map(({ text: _, ...generation }) => generation),
    failures: result.failures.map(({ evidence: _, ...failure }) => failure),
  };
}
