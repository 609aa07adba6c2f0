import { join } from 'node:path';
import { runScenario } from '../../bench/run-scenario.js';
import { parseScenario, type ScenarioInput } from '../../bench/scenario-spec.js';
import { packageRoot } from '../../paths.js';
import { readRack } from '../../rack/rack-file.js';
import type { MeasurementName } from '../../results/measurement-catalogue.js';
import type { RunResult } from '../../results/result.js';
import type { ValidationReport } from '../validation-report.js';
import type { Screen } from './lab-options.js';

export type Speed = NonNullable<ValidationReport['speed']>;
export type SpeedFigures = Speed['base'];

/** Figures of a run that was conform to the bit, or why they do not count. */
export type SpeedRun = { readonly figures: SpeedFigures } | { readonly why: string };

export interface SpeedOptions {
  readonly screen: Screen;
  readonly stateFolder: string;
  readonly runsFolder: string;
  readonly signal?: AbortSignal;
}

/** Conditions of every speed in a report: a virtual ESP32-CAM whose card has one data line. */
export function speedConditions(screen: Screen) {
  const strategy = `fast, screen ${screen}`;
  return {
    clock: 'modelled',
    board: 'virtual ESP32-CAM',
    strategy,
    cardMode: '1-bit',
  } as const satisfies Partial<Speed>;
}
const BOARD = 'cam-1';

const SCENARIO: ScenarioInput = {
  strategy: 'fast',
  prompts: ['Once upon a time'],
  generate: { tokens: 8, stopAtEnd: false },
  repeats: 1,
  warmups: 0,
  provision: 'reader',
  expect: [{ kind: 'tokens-equal-reference' }, { kind: 'logits-equal-reference' }],
};

/** Runs a model (folder, file or card folder) on the virtual board; whatever the board does against the reference makes its speed worthless. */
export async function measureSpeed(
  model: Pick<ScenarioInput, 'model' | 'format' | 'tokenizer'>,
  title: string,
  { screen, stateFolder, runsFolder, signal }: SpeedOptions,
): Promise<SpeedRun> {
  const rack = await readRack(join(packageRoot, 'fixtures', 'racks', 'virtual.yaml'));
  const spec = parseScenario(title, { ...SCENARIO, ...model, knobs: { screen } });
  const result = await runScenario(title, spec, [], {
    rack,
    boards: [BOARD],
    retries: 0,
    stateFolder,
    runsFolder,
    onEvent: () => {},
    ...(signal === undefined ? {} : { signal }),
  });
  return judgeRun(result);
}

/** The figures of a run that passed: all tokens and all logits that were computed equal the reference's. */
export function judgeRun(
  result: Pick<RunResult, 'verdict' | 'failures' | 'measurements' | 'expectations'>,
): SpeedRun {
  if (result.verdict !== 'pass') {
    const unmet = result.expectations.find(({ verdict }) => verdict !== 'pass');
    const reason = result.failures[0]?.message ?? unmet?.message ?? result.verdict;
    return { why: `the run on the virtual board was no pass: ${reason}` };
  }
  const value = (name: MeasurementName) => result.measurements.find((one) => one.name === name)?.value;
  const measured = {
    tokensPerSecond: value('decode_rate'),
    firstTokenUs: value('time_to_first_token'),
    loadUs: value('load_time'),
    peakPsramBytes: value('psram_peak'),
    peakHeapBytes: value('heap_peak'),
  };
  const missing = Object.entries(measured).find(([, one]) => one === undefined);
  if (missing !== undefined) return { why: `the run on the virtual board has no ${missing[0]}` };
  const { tokensPerSecond, firstTokenUs, loadUs, peakPsramBytes, peakHeapBytes } = measured as Record<
    keyof typeof measured,
    number
  >;
  const figures = { tokensPerSecond, firstTokenMs: firstTokenUs / 1000, loadMs: loadUs / 1000 };
  return { figures: { ...figures, peakPsramBytes, peakHeapBytes } };
}
