import { runScenario } from '../bench/run-scenario.js';
import { parseScenario } from '../bench/scenario-spec.js';
import { InfraError } from '../errors.js';
import type { Lease } from '../lease/lease.js';
import { looseVirtualBoard, type RackBoard } from '../rack/rack-file.js';
import { definitionOf, type MeasurementName } from '../results/measurement-catalogue.js';
import type { RunResult } from '../results/result.js';
import type { CostSettings } from '../virtual/cost-model.js';

/** What is compared, in this order. */
const compared: readonly MeasurementName[] = [
  'decode_rate',
  'prefill_rate',
  'time_to_first_token',
  'stage_embed',
  'stage_attention',
  'stage_mlp',
  'stage_head',
  'stage_sample',
  'card_time',
  'load_time',
];

export interface ComparedMeasurement {
  readonly name: MeasurementName;
  readonly unit: string;
  /** Means over the prompts. */
  readonly measured: number;
  readonly modelled: number;
  /** Largest |modelled / measured - 1| of a prompt. */
  readonly worstRelativeError: number;
}

export interface DemoComparison {
  readonly measuredRun: string;
  readonly modelledRun: string;
  readonly rows: readonly ComparedMeasurement[];
}

export interface DemoOptions {
  readonly board: RackBoard;
  /** The board's, held. */
  readonly lease: Lease;
  readonly revision: number;
  readonly wiring: CostSettings;
  /** Path of the board's fitted table. */
  readonly costTable: string;
  /** Build folder of a real board. */
  readonly build?: string;
  readonly stateFolder: string;
  readonly runsFolder: string;
  readonly signal?: AbortSignal;
}

/**
 * Runs the demo scenario (the package's model and the seeds' five prompts) on the board, and on a virtual twin that has
 * the fitted table, and compares their times.
 * @throws InfraError `demo-failed` with the first failure of either run
 */
export async function compareDemo(options: DemoOptions): Promise<DemoComparison> {
  const measured = await runDemo('bring-up', options.board, options, options.build);
  const modelled = await runDemo('bring-up modelled', twinOf(options), options, undefined);
  return {
    measuredRun: measured.run.folder,
    modelledRun: modelled.run.folder,
    rows: compareResults(measured, modelled),
  };
}

/** The virtual board that the table makes of this one. It has its own MAC (the locally administered one), as it has its own flash. */
export function twinOf({
  board,
  revision,
  wiring,
  costTable,
}: Pick<DemoOptions, 'board' | 'revision' | 'wiring' | 'costTable'>): RackBoard {
  const first = (Number.parseInt(board.mac.slice(0, 2), 16) ^ 2).toString(16).padStart(2, '0');
  return {
    ...looseVirtualBoard(`${first}${board.mac.slice(2)}`),
    id: `${board.id}-model`,
    chip_revision: revision,
    card_mode: wiring.cardMode,
    bounce_buffer: wiring.bounceBuffer,
    fast_seek: wiring.fastSeek,
    cost_table: costTable,
  };
}

async function runDemo(
  title: string,
  board: RackBoard,
  { lease, stateFolder, runsFolder, signal }: DemoOptions,
  build: string | undefined,
): Promise<RunResult> {
  const spec = parseScenario(title, {
    repeats: 1,
    warmups: 0,
    ...(build === undefined ? {} : { build }),
  });
  const result = await runScenario(title, spec, [], {
    rack: { path: board.id, hosts: [], boards: [board] },
    boards: [board.id],
    retries: 1,
    stateFolder,
    runsFolder,
    leases: [lease],
    onEvent: () => {},
    ...(signal === undefined ? {} : { signal }),
  });
  const failure = result.failures[0];
  if (failure === undefined) return result;
  const message = `${board.id}: the demo scenario did not pass: ${failure.message}; see ${result.run.folder}`;
  throw new InfraError('demo-failed', message, { board: board.id, failure });
}

/** Pairs by measurement and prompt; what either lacks, or what took no time, is left out. */
export function compareResults(
  measured: Pick<RunResult, 'measurements'>,
  modelled: Pick<RunResult, 'measurements'>,
): ComparedMeasurement[] {
  return compared.flatMap((name) => {
    const pairs = measured.measurements
      .filter((one) => one.name === name && one.value > 0)
      .flatMap((one) => {
        const twin = modelled.measurements.find(
          (other) => other.name === name && other.prompt === one.prompt,
        );
        return twin === undefined ? [] : [{ measured: one.value, modelled: twin.value }];
      });
    return pairs.length === 0 ? [] : [summarize(name, pairs)];
  });
}

function summarize(
  name: MeasurementName,
  pairs: readonly { readonly measured: number; readonly modelled: number }[],
): ComparedMeasurement {
  const mean = (pick: (pair: (typeof pairs)[number]) => number): number =>
    pairs.reduce((total, pair) => total + pick(pair), 0) / pairs.length;
  return {
    name,
    unit: definitionOf(name).unit,
    measured: mean((pair) => pair.measured),
    modelled: mean((pair) => pair.modelled),
    worstRelativeError: Math.max(...pairs.map((pair) => Math.abs(pair.modelled / pair.measured - 1))),
  };
}
