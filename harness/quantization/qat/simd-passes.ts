import { ConfigError } from '../../errors.js';
import { type Checkpoint, type LlamaConfig, TENSOR_NAMES } from '../../model/checkpoint.js';
import { createParameters, type Parameters } from '../../model/training/parameters.js';
import { rotaryTable } from '../../model/training/rope.js';
import { compileTraining } from '../../reference/fast/compile-forward.js';
import type { Distillation, Losses } from './distillation.js';
import { fillParameters, type Passes, parameterCount } from './passes.js';

/** What train.c exports. Addresses are bytes from the start of its memory. */
interface TrainExports {
  readonly memory: WebAssembly.Memory;
  /** 0 when there is no more. */
  alloc(bytes: number): number;
  configure(
    hidden: number,
    ffn: number,
    layers: number,
    heads: number,
    kvHeads: number,
    head: number,
    vocab: number,
    mostRows: number,
    eps: number,
  ): void;
  set_tensor(model: number, tensor: number, address: number): void;
  /** 0 when there is no more memory. */
  prepare(cosines: number, sines: number): number;
  teach(tokens: number, rows: number): void;
  learn(
    tokens: number,
    targets: number,
    rows: number,
    share: number,
    temperature: number,
    scale: number,
    losses: number,
  ): void;
}

/** What train.c has room for. */
const MOST_LAYERS = 64;

/** Slots of train.c. */
const MODELS = ['teacher', 'student', 'gradients'] as const;
type Models = Readonly<Record<(typeof MODELS)[number], Parameters>>;

/**
 * In WebAssembly with SIMD, sums in binary32, the same on every machine; a dozen times as fast as the float32 trainer's parts.
 * @param longest tokens of the longest document
 * @throws ConfigError `model-too-large` when WebAssembly's memory has no room for it; `compile-failed`
 */
export async function simdPasses(
  checkpoint: Checkpoint,
  { share, temperature }: Distillation,
  longest: number,
): Promise<Passes> {
  const { config, name } = checkpoint;
  const instance = new WebAssembly.Instance(new WebAssembly.Module(await compileTraining()));
  const wasm = instance.exports as unknown as TrainExports;
  const room = takeRoom(wasm, config, longest);
  if (room === undefined)
    throw new ConfigError('model-too-large', `${name} does not fit WebAssembly's memory for training`);
  // Memory grows no more from here on: views stay valid.
  const { teacher, student, gradients } = placeModels(wasm, config, room.models);
  fillParameters(teacher, checkpoint);
  putRotations(wasm, config, longest, room);
  const ids = new Int32Array(wasm.memory.buffer, room.tokens, longest);
  const losses = new Float64Array(wasm.memory.buffer, room.losses, 2);
  return {
    student,
    gradients,
    addGradients(document, scale): Losses {
      ids.set(document);
      losses.fill(0);
      const rows = document.length - 1;
      if (share > 0) wasm.teach(room.tokens, rows);
      wasm.learn(room.tokens, room.tokens + 4, rows, share, temperature, scale, room.losses);
      const [crossEntropy, divergence] = losses as unknown as [number, number];
      const mixed = (1 - share) * crossEntropy + share * temperature ** 2 * divergence;
      return { crossEntropy, divergence, mixed };
    },
  };
}

interface Room {
  readonly models: readonly number[];
  readonly tokens: number;
  readonly losses: number;
  readonly cosines: number;
  readonly sines: number;
}

/** Addresses of all that the module works on; undefined when there is not enough. */
function takeRoom(wasm: TrainExports, config: LlamaConfig, longest: number): Room | undefined {
  const { hiddenSize, ffnSize, layers, heads, kvHeads, headSize, vocabSize, rmsNormEps } = config;
  if (layers > MOST_LAYERS) return undefined;
  wasm.configure(
    hiddenSize,
    ffnSize,
    layers,
    heads,
    kvHeads,
    headSize,
    vocabSize,
    longest,
    Math.fround(rmsNormEps),
  );
  const bytes = 4 * parameterCount(config);
  const angles = 2 * longest * headSize;
  const models = MODELS.map(() => wasm.alloc(bytes));
  const [tokens, losses, cosines, sines] = [4 * longest, 16, angles, angles].map((size) => wasm.alloc(size));
  const room = { models, tokens: tokens!, losses: losses!, cosines: cosines!, sines: sines! };
  const missing = [...models, tokens, losses, cosines, sines].includes(0);
  return !missing && wasm.prepare(room.cosines, room.sines) !== 0 ? room : undefined;
}

function placeModels(wasm: TrainExports, config: LlamaConfig, addresses: readonly number[]): Models {
  const models = MODELS.map((_, model) => {
    const make = (length: number) => new Float32Array(wasm.memory.buffer, addresses[model], length);
    const parameters = createParameters(config, make);
    for (const [slot, name] of TENSOR_NAMES.entries())
      wasm.set_tensor(model, slot, parameters.tensors[name].byteOffset);
    return parameters;
  });
  return Object.fromEntries(MODELS.map((name, i) => [name, models[i]!])) as unknown as Models;
}

function putRotations(wasm: TrainExports, config: LlamaConfig, positions: number, room: Room): void {
  const { cos, sin } = rotaryTable(positions, config.headSize, config.ropeTheta);
  new Float32Array(wasm.memory.buffer, room.cosines, cos.length).set(cos);
  new Float32Array(wasm.memory.buffer, room.sines, sin.length).set(sin);
}
