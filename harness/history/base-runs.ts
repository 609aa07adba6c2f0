import { mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { RunOptions } from '../bench/run-options.js';
import { runScenario } from '../bench/run-scenario.js';
import { parseScenario, type ScenarioInput } from '../bench/scenario-spec.js';
import { exportCard } from '../model/export-card.js';
import { packModel } from '../model/pack-model.js';
import { readCheckpoint } from '../model/read-checkpoint.js';
import { packageRoot } from '../paths.js';
import { type Rack, readRack } from '../rack/rack-file.js';
import type { RunResult } from '../results/result.js';
import { changeOneWeight } from './broken-card.js';
import { failingVariant, type Variant, variants } from './variants.js';

/** What went wrong in a run that did not pass; each is a real run of the virtual rack. */
export type Trouble = 'wrong-weights' | 'no-file' | 'lost-board' | 'refused' | 'interrupted' | 'exception';

/** The handful of real runs that a history is made of. Of the rack's two boards each has its own card mode. */
export interface BaseRuns {
  /** By variant, then as the first build ran it and as later ones do. */
  readonly passing: ReadonlyMap<Variant, { readonly first: RunResult; readonly later: RunResult }>;
  readonly failing: Readonly<Record<Trouble, RunResult>>;
}

const model = join(packageRoot, 'fixtures', 'models', 'little-stories');

/** Common to all: short, since the harness' own time is what the tests pay. */
const input: ScenarioInput = {
  model,
  prompts: ['Once upon a time', 'The quick brown fox'],
  generate: { tokens: 8, stopAtEnd: false },
  repeats: 3,
  warmups: 0,
  context: 64,
  provision: 'uart',
  expect: [
    { kind: 'tokens-equal-reference' },
    { kind: 'logits-equal-reference' },
    { kind: 'exact-identical' },
  ],
};

/** Makes them under `folder`, one after the other; every run has boards with empty flash and card, so that none depends on another. */
export async function makeBaseRuns(folder: string): Promise<BaseRuns> {
  const rack = await readRack(join(packageRoot, 'fixtures', 'racks', 'virtual.yaml'));
  const bench = { folder, rack };
  const passing = new Map<Variant, { first: RunResult; later: RunResult }>();
  for (const variant of variants) {
    const { title, spec, firstBuildKnobs } = variant;
    const first = await run(bench, title, { ...input, ...spec, knobs: firstBuildKnobs });
    const later = await run(bench, title, { ...input, ...spec });
    passing.set(variant, { first, later });
  }
  return { passing, failing: await failingRuns(bench) };
}

interface Bench {
  readonly folder: string;
  readonly rack: Rack;
}

async function run(
  { folder, rack }: Bench,
  title: string,
  spec: ScenarioInput,
  more: Partial<RunOptions> = {},
): Promise<RunResult> {
  const stateFolder = await mkdtemp(join(folder, 'state-'));
  try {
    return await runScenario(title, parseScenario(title, spec), [], {
      rack,
      boards: ['cam-1', 'cam-2'],
      retries: 0,
      stateFolder,
      runsFolder: join(folder, 'runs'),
      onEvent: () => {},
      ...more,
    });
  } finally {
    await rm(stateFolder, { recursive: true });
  }
}

async function failingRuns(bench: Bench): Promise<BaseRuns['failing']> {
  const { title, spec } = failingVariant;
  const short: ScenarioInput = { ...input, ...spec, repeats: 1 };
  const boards = ['cam-1'];
  const exported = async (name: string): Promise<string> => {
    const card = join(bench.folder, name, 'tinyllm_int4_weights');
    await exportCard(packModel(await readCheckpoint(model), spec.format!), card);
    return card;
  };
  const wrong = await exported('wrong');
  await changeOneWeight(wrong);
  const bare = await exported('bare');
  await rm(join(bare, 'q_proj.bin'));
  const controller = new AbortController();
  return {
    'wrong-weights': await run(bench, title, { ...short, card: wrong }, { boards }),
    'no-file': await run(bench, title, { ...short, card: bare, provision: 'reader' }, { boards, retries: 1 }),
    'lost-board': await run({ ...bench, rack: unreachable }, title, short, { boards: ['lost'], retries: 1 }),
    refused: await run(bench, title, { ...short, knobs: { chunk_bytes: 1 } }, { boards }),
    interrupted: await run(bench, title, short, {
      boards,
      signal: controller.signal,
      onEvent: ({ type }) => type === 'token' && controller.abort(),
    }),
    exception: await run(bench, title, short, {
      boards,
      onEvent: ({ type }) => {
        if (type === 'flashed') throw new TypeError('cannot read properties of undefined');
      },
    }),
  };
}

/** A board behind a serial server that nobody runs: the discard port of loopback is closed. */
const unreachable: Rack = {
  path: 'unreachable.yaml',
  hosts: [],
  boards: [
    {
      id: 'lost',
      mac: '24:6f:28:7a:00:05',
      labels: [],
      link: 'rfc2217',
      host: '127.0.0.1',
      port: 9,
      clock: 'modelled',
    },
  ],
};
