import { ConfigError } from '../errors.js';
import type { ForeignFirmware } from '../foreign/foreign-schema.js';
import { promptCommand } from '../foreign/prompt-command.js';
import { readForeignFirmware } from '../foreign/read-foreign.js';
import { type Build, readBuild } from '../image/build-folder.js';
import { modelHash } from '../model/model-hash.js';
import type { Rounding } from '../model/read-packed.js';
import type { Tokenizer } from '../model/tokenizer.js';
import type { RackBoard } from '../rack/rack-file.js';
import { parseLabels } from '../results/labels.js';
import type { Plan } from '../results/plan.js';
import { tokenrackVersion } from '../version.js';
import { cardLocation } from './card-location.js';
import { chooseBoards } from './choose-boards.js';
import { findInput } from './inputs.js';
import {
  buildKind,
  describeBoard,
  describeCard,
  describeModel,
  type PrepareOptions,
  refuseForeignBuild,
  resolveContext,
  tokenize,
} from './prepare.js';
import { prepareCard } from './prepare-card.js';
import { resolvePrompts } from './prompts.js';
import { readModel } from './read-model.js';
import { restingBoards } from './resting-boards.js';
import type { ScenarioSpec } from './scenario-spec.js';

/** A plan for a foreign firmware and the things it speaks of. */
export interface PreparedForeign {
  readonly plan: Plan;
  readonly firmware: ForeignFirmware;
  readonly build: Build;
  readonly boards: readonly RackBoard[];
  /** Absent when the firmware carries its own model. */
  readonly cardRoot?: string;
  readonly tokenizer?: Tokenizer;
  readonly rounding?: Rounding;
}

/** What the host knows of the model that the firmware runs. */
interface HostModel {
  readonly planned: Pick<Plan, 'model' | 'tokenizer' | 'format' | 'card' | 'prompts' | 'context'>;
  readonly cardRoot?: string;
  readonly tokenizer?: Tokenizer;
  readonly rounding?: Rounding;
}

/**
 * As `prepare`, for a firmware that does not speak the bench protocol: its description is read, and every prompt is
 * checked to fit its command.
 * @throws ConfigError before any board is touched.
 */
export async function prepareForeign(
  title: string,
  spec: ScenarioSpec,
  file: string,
  options: PrepareOptions,
): Promise<PreparedForeign> {
  const resting = await restingBoards(options.rack.boards, options);
  const boards = chooseBoards(options.rack, spec.boards, options.boards, resting);
  const firmware = await readForeignFirmware(findInput(file));
  const build = readForeignBuild(spec, firmware);
  refuseForeignBuild(boards, buildKind(build));
  const { planned, ...host } = await readHostModel(spec, firmware, options);
  const plan: Plan = {
    plan: 1,
    tokenrack: tokenrackVersion,
    scenario: { title },
    labels: parseLabels(options.labels ?? {}),
    ...planned,
    build: { id: build.id, folder: build.folder, kind: buildKind(build) },
    generate: { ...spec.generate, temperature: Math.round(spec.generate.temperature * 1000), logits: 'none' },
    knobs: {},
    warmups: spec.warmups,
    repeats: spec.repeats,
    orderSeed: 1,
    boards: boards.map(describeBoard),
    expectations: spec.expect,
    foreign: { name: firmware.name, file, description: { ...firmware } },
  };
  for (const index of plan.prompts.keys()) commandOf(firmware, plan, index);
  return { plan, firmware, build, boards, ...host };
}

/** What is sent for one prompt of the plan. @throws ConfigError when it does not fit. */
export function commandOf(firmware: ForeignFirmware, plan: Plan, prompt: number): string {
  const { text, ids } = plan.prompts[prompt]!;
  const { tokens, seed } = plan.generate;
  return promptCommand(firmware, { text, ids, tokens, seed });
}

function readForeignBuild(spec: ScenarioSpec, { name }: ForeignFirmware): Build {
  if (spec.build !== undefined) return readBuild(findInput(spec.build));
  const message = `the scenario drives ${name} but names no build: give its build folder with \`build\` or --build`;
  throw new ConfigError('foreign-build', message);
}

async function readHostModel(
  spec: ScenarioSpec,
  firmware: ForeignFirmware,
  options: PrepareOptions,
): Promise<HostModel> {
  const own = ownPrompt(firmware);
  if (firmware.weights === 'firmware') {
    const texts = own ?? (await resolvePrompts(spec.prompts)).map((text) => ({ text, ids: [] }));
    return { planned: { ...modelInside(firmware), prompts: texts, context: spec.context ?? 0 } };
  }
  const model = await readModel(spec);
  const { checkpoint, tokenizer } = model;
  const context = resolveContext(spec, checkpoint);
  const hash = modelHash(checkpoint);
  const card = await prepareCard(spec, model, hash, options.stateFolder);
  const planned = {
    model: describeModel(spec, checkpoint, hash),
    tokenizer: tokenizer.path,
    format: model.packed.weightFormat,
    card: describeCard(card),
    prompts: own ?? (await tokenize(spec, tokenizer, context)),
    context,
  };
  const { rounding } = model;
  return {
    planned,
    cardRoot: cardLocation(card).root,
    tokenizer,
    ...(rounding === undefined ? {} : { rounding }),
  };
}

/** The prompt built into a firmware that takes none; what it is made of is the firmware's affair. */
function ownPrompt({ prompt }: ForeignFirmware): Plan['prompts'] | undefined {
  return prompt.at_boot === undefined ? undefined : [{ text: prompt.at_boot, ids: [] }];
}

function modelInside({ name }: ForeignFirmware): Pick<Plan, 'model' | 'tokenizer' | 'format' | 'card'> {
  return {
    model: { name: `inside ${name}`, path: '' },
    tokenizer: '',
    format: 'its own',
    card: { folder: '', manifest: '-', bytes: 0 },
  };
}
