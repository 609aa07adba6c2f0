import { buildVirtualFirmware } from '../build/virtual-firmware.js';
import { ConfigError } from '../errors.js';
import { type Build, readBuild } from '../image/build-folder.js';
import type { Checkpoint } from '../model/checkpoint.js';
import type { CardFolder } from '../model/export-card.js';
import { modelHash } from '../model/model-hash.js';
import { modelInfo } from '../model/model-info.js';
import type { PackedModel } from '../model/packed-model.js';
import type { Rounding } from '../model/read-packed.js';
import type { Tokenizer } from '../model/tokenizer.js';
import { modelledLimits } from '../rack/modelled-limits.js';
import { clockOf, type Rack, type RackBoard } from '../rack/rack-file.js';
import { type GivenLabels, parseLabels } from '../results/labels.js';
import type { Plan } from '../results/plan.js';
import { tokenrackVersion } from '../version.js';
import { chooseBoards } from './choose-boards.js';
import { findInput } from './inputs.js';
import { planKnobs } from './knobs.js';
import { prepareCard } from './prepare-card.js';
import { resolvePrompts } from './prompts.js';
import { refuseUnfitProvision } from './provisioning.js';
import { qualityBase } from './quality-base.js';
import { readModel } from './read-model.js';
import { restingBoards } from './resting-boards.js';
import type { ScenarioSpec } from './scenario-spec.js';
import type { SharedWork } from './shared-work.js';

/** A plan and the things it speaks of, ready to run. */
export interface Prepared {
  readonly plan: Plan;
  /** The model as the card has it: what the reference computes with. */
  readonly packed: PackedModel;
  /** What it was before it was packed; absent when it is not to be compared with that. */
  readonly float32?: Checkpoint;
  readonly rounding?: Rounding;
  readonly tokenizer: Tokenizer;
  readonly build: Build;
  readonly card: CardFolder;
  readonly boards: readonly RackBoard[];
}

export interface PrepareOptions {
  readonly rack: Rack;
  readonly boards: readonly string[];
  readonly stateFolder: string;
  readonly machineFolder?: string;
  readonly labels?: GivenLabels;
  readonly shared?: SharedWork;
}

/**
 * Turns a scenario into a plan: reads the model, tokenizes, exports the card, builds or reads the firmware, chooses
 * boards. Touches no hardware, so that a scenario that cannot work costs no board time.
 * @throws ConfigError one line that says what cannot work and why.
 */
export async function prepare(title: string, spec: ScenarioSpec, options: PrepareOptions): Promise<Prepared> {
  const resting = await restingBoards(options.rack.boards, options);
  const boards = chooseBoards(options.rack, spec.boards, options.boards, resting);
  const model = await readModel(spec, options.shared);
  const { checkpoint, packed, tokenizer } = model;
  const float32 = qualityBase(spec, model);
  const context = resolveContext(spec, checkpoint);
  const knobs = planKnobs(spec.strategy, context, spec.knobs);
  const prompts = await tokenize(spec, tokenizer, context);
  const hash = modelHash(checkpoint);
  const card = await prepareCard(spec, model, hash, options.stateFolder);
  const build = spec.build === undefined ? await buildVirtualFirmware() : readBuild(findInput(spec.build));
  const kind = buildKind(build);
  refuseForeignBuild(boards, kind);
  refuseUnfitProvision(spec.provision, boards);
  const plan: Plan = {
    plan: 1,
    tokenrack: tokenrackVersion,
    scenario: { title },
    labels: parseLabels(options.labels ?? {}),
    model: describeModel(spec, checkpoint, hash),
    tokenizer: tokenizer.path,
    format: packed.weightFormat,
    strategy: spec.strategy,
    build: { id: build.id, folder: build.folder, kind },
    card: describeCard(card),
    ...(spec.provision === undefined ? {} : { provision: spec.provision }),
    prompts,
    generate: { ...spec.generate, temperature: Math.round(spec.generate.temperature * 1000) },
    context,
    knobs,
    warmups: spec.warmups,
    repeats: spec.repeats,
    orderSeed: 1,
    boards: boards.map(describeBoard),
    expectations: spec.expect,
  };
  return {
    plan,
    packed,
    tokenizer,
    build,
    card,
    boards,
    ...(float32 === undefined ? {} : { float32 }),
    ...(model.rounding === undefined ? {} : { rounding: model.rounding }),
  };
}

export function resolveContext(spec: ScenarioSpec, { name, config }: Checkpoint): number {
  const context = spec.context ?? Math.min(512, config.contextLength);
  if (context <= config.contextLength) return context;
  throw new ConfigError(
    'context-too-long',
    `a context of ${context} is asked for; ${name} was made for ${config.contextLength}`,
    { context },
  );
}

export async function tokenize(
  spec: ScenarioSpec,
  tokenizer: Tokenizer,
  context: number,
): Promise<Plan['prompts']> {
  const texts = await resolvePrompts(spec.prompts);
  return texts.map((text) => {
    const ids = tokenizer.encode(text);
    const needed = ids.length + spec.generate.tokens;
    if (needed > context) {
      throw new ConfigError(
        'prompt-too-long',
        `prompt ${JSON.stringify(abridge(text))} has ${ids.length} tokens and ${spec.generate.tokens} new ones are ` +
          `asked for: ${needed} do not fit the context of ${context}`,
        { promptTokens: ids.length, context },
      );
    }
    return { text, ids };
  });
}

function abridge(text: string): string {
  return text.length <= 40 ? text : `${text.slice(0, 37)}...`;
}

/** The virtual build says so where ESP-IDF names its version. */
export function buildKind(build: Build): Plan['build']['kind'] {
  return build.app.idfVersion === 'virtual' ? 'virtual' : 'esp-idf';
}

export function refuseForeignBuild(boards: readonly RackBoard[], kind: 'virtual' | 'esp-idf'): void {
  const unfit = boards.find((board) => (clockOf(board) === 'modelled') !== (kind === 'virtual'));
  if (unfit === undefined) return;
  const message =
    kind === 'virtual'
      ? `${unfit.id} is a real board and needs an ESP-IDF build: name its folder with --build`
      : `${unfit.id} is a virtual board and runs only the firmware built for it: leave out --build`;
  throw new ConfigError('build-unfit', message, { board: unfit.id });
}

export function describeModel(spec: ScenarioSpec, checkpoint: Checkpoint, hash: string): Plan['model'] {
  const { hiddenSize, ffnSize, layers, heads, kvHeads, headSize, vocabSize, contextLength, tiedHead } =
    checkpoint.config;
  return {
    name: checkpoint.name,
    path: spec.model,
    hash,
    parameters: modelInfo(checkpoint.config).parameters,
    config: { hiddenSize, ffnSize, layers, heads, kvHeads, headSize, vocabSize, contextLength, tiedHead },
  };
}

export function describeCard(card: CardFolder): Plan['card'] {
  const bytes = card.files.reduce((total, file) => total + file.bytes, 0);
  return { folder: card.folder, manifest: card.manifestHash, bytes };
}

export function describeBoard(board: RackBoard): Plan['boards'][number] {
  return {
    id: board.id,
    mac: board.mac,
    link: board.link,
    clock: clockOf(board),
    ...(board.link === 'virtual' ? { limits: modelledLimits(board) } : {}),
  };
}
