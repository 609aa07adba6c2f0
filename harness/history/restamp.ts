import { definitionOf, type MeasurementName } from '../results/measurement-catalogue.js';
import type { ResultAttempt, ResultGeneration, RunResult } from '../results/result.js';
import { median } from '../stats/median.js';
import type { SlowDown } from './noise.js';

/** What a run of the history is to be, where the real run that it is made of was something else. */
export interface Stamp {
  /** The board of the real run. */
  readonly from: string;
  readonly board: { readonly id: string; readonly mac: string; readonly chipRevision: number };
  readonly startedAt: Date;
  readonly runId: string;
  readonly title: string;
  readonly build: string;
  /** Machine lines that arrived damaged, each of which made one generation again. */
  readonly tornLines: number;
  readonly slowDown: SlowDown;
}

/** One board's part of a real run, as another board's run of another night. Exact measurements stay; times get the noise. */
export function restamp(result: RunResult, stamp: Stamp): RunResult {
  const { from, board, startedAt, runId, title, build } = stamp;
  const ofBoard = <T extends { readonly board: string }>(items: readonly T[]): T[] =>
    items.filter((item) => item.board === from).map((item) => ({ ...item, board: board.id }));
  const real = result.boards.find(({ id }) => id === from)!;
  // What no attempt came to read stays unknown.
  const known = real.chipRevision === undefined ? {} : { chipRevision: board.chipRevision };
  const generations = ofBoard(result.generations).map((one) => withNoise(one, stamp.slowDown));
  return {
    ...result,
    run: { id: runId, folder: `runs/${runId}`, startedAt: startedAt.toISOString(), title },
    labels: { suite: 'nightly', channel: 'dev', arm: 'candidate' },
    build: { id: build },
    boards: [{ ...real, id: board.id, mac: board.mac, ...known }],
    attempts: ofBoard(result.attempts ?? []).map((one) => restampAttempt(one, stamp)),
    generations,
    conformity: ofBoard(result.conformity),
    measurements: ofBoard(result.measurements).map((one) => summarizeAgain(one, generations, stamp.slowDown)),
    memory: ofBoard(result.memory),
    failures: result.failures
      .filter((one) => one.board === undefined || one.board === from)
      .map((one) => ({ ...one, board: board.id, message: one.message.replaceAll(from, board.id) })),
  };
}

/** All times of one generation suffer alike. */
function withNoise(generation: ResultGeneration, slowDown: SlowDown): ResultGeneration {
  const factor = slowDown();
  const measured = Object.entries(generation.measured ?? {}).map(([name, value]) => [
    name,
    slowed(name as MeasurementName, value, factor),
  ]);
  return { ...generation, measured: Object.fromEntries(measured) };
}

function slowed(name: MeasurementName, value: number, factor: number): number {
  const { kind, unit } = definitionOf(name);
  if (kind === 'exact') return value;
  return unit === 'tokens/s' ? value / factor : value * factor;
}

type ResultMeasurement = RunResult['measurements'][number];

function summarizeAgain(
  measurement: ResultMeasurement,
  generations: readonly ResultGeneration[],
  slowDown: SlowDown,
): ResultMeasurement {
  const { name, prompt, samples } = measurement;
  if (measurement.kind === 'exact') return measurement;
  const again =
    prompt === undefined
      ? samples.map((value) => slowed(name, value, slowDown()))
      : generations.filter((one) => one.prompt === prompt).flatMap((one) => one.measured?.[name] ?? []);
  return { ...measurement, samples: again, value: median(again).value! };
}

function restampAttempt(
  attempt: ResultAttempt,
  { startedAt, board, from, tornLines, slowDown }: Stamp,
): ResultAttempt {
  const { flash, provision, loadUs, uart, failure } = attempt;
  const factor = slowDown();
  return {
    ...attempt,
    startedAt: new Date(startedAt.getTime() + 60_000 * (attempt.attempt - 1)).toISOString(),
    ...(flash === undefined ? {} : { flash: { ...flash, elapsedMs: flash.elapsedMs * factor } }),
    ...(provision === undefined ? {} : { provision: slowProvisioning(provision, factor) }),
    ...(loadUs === undefined ? {} : { loadUs: loadUs * factor }),
    ...(uart === undefined ? {} : { uart: { ...uart, torn: tornLines } }),
    ...(attempt.remade === undefined ? {} : { remade: tornLines }),
    ...(failure === undefined
      ? {}
      : { failure: { ...failure, message: failure.message.replaceAll(from, board.id) } }),
  };
}

type Provisioning = NonNullable<ResultAttempt['provision']>;

function slowProvisioning(provision: Provisioning, factor: number): Provisioning {
  const { elapsedUs, wireEfficiency } = provision;
  return {
    ...provision,
    ...(elapsedUs === undefined ? {} : { elapsedUs: elapsedUs * factor }),
    ...(wireEfficiency === undefined ? {} : { wireEfficiency: Math.min(1, wireEfficiency / factor) }),
  };
}
