import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { open, rename, rm } from 'node:fs/promises';
import { ConfigError, TokenrackError, unwritable } from '../../errors.js';
import type { Checkpoint } from '../checkpoint.js';
import { requireFinite } from '../finite-weights.js';
import { narrowFloats } from '../float-formats.js';
import { toNeighboursOrder } from '../rope-order.js';
import { aligned, type GgufType, MAGIC, type TensorType, tensorType } from './gguf-format.js';
import { type GgufTensor, ggufTensors, isRotated } from './gguf-tensors.js';
import { tokenizerMetadata } from './gguf-tokenizer.js';
import { headerBytes, type TensorRow } from './header-bytes.js';
import { llamaMetadata } from './llama-metadata.js';
import { encodeQ8 } from './q8-0.js';

export interface WrittenGguf {
  readonly path: string;
  readonly bytes: number;
  /** What somebody who runs the file should know, a line each. */
  readonly notes: readonly string[];
}

interface Planned extends GgufTensor {
  readonly type: TensorType;
  readonly bytes: number;
}

/**
 * Writes a model as a GGUF file of the llama architecture, which llama.cpp runs; q and k in the order of neighbours that its
 * RoPE turns. Norms are F32. In Q8_0, matrices whose rows are no multiple of 32 weights are F16: a note says which.
 * The file appears whole or not at all; the same model gives the same bytes.
 * @throws ConfigError `file-occupied` where another kind of file lies, `gguf-unwritable`, `weight-not-finite`,
 *   `weight-overflow`, or that of an unreadable tokenizer file; InfraError `disk-full`
 */
export async function writeGguf(
  checkpoint: Checkpoint,
  path: string,
  type: GgufType,
  { tokenizerPath }: { readonly tokenizerPath?: string } = {},
): Promise<WrittenGguf> {
  await requireReplaceableFile(path);
  const { name, config } = checkpoint;
  const planned = [...ggufTensors(config)].map((tensor) => plan(tensor, type));
  const tokenizer = await tokenizerMetadata(tokenizerPath, config);
  const header = headerBytes([...llamaMetadata(name, config, type), ...tokenizer.metadata], tableOf(planned));
  const bytes = await write(path, header, checkpoint, planned);
  return { path, bytes, notes: [...tokenizer.notes, ...float16Notes(planned, type)] };
}

function plan(tensor: GgufTensor, type: GgufType): Planned {
  const cols = tensor.shape.at(-1)!;
  const whole = tensorType(tensor.shape.length === 1 ? 'F32' : type);
  const chosen = cols % whole.blockSize === 0 ? whole : tensorType('F16');
  return { ...tensor, type: chosen, bytes: (tensor.elements / chosen.blockSize) * chosen.blockBytes };
}

function tableOf(planned: readonly Planned[]): readonly TensorRow[] {
  let offset = 0;
  return planned.map(({ name, shape, type, bytes }) => {
    const row = { name, shape, type: type.number, offset };
    offset += aligned(bytes);
    return row;
  });
}

async function write(
  path: string,
  header: Uint8Array,
  checkpoint: Checkpoint,
  planned: readonly Planned[],
): Promise<number> {
  const fresh = `${path}.new-${randomUUID()}`;
  try {
    const file = await open(fresh, 'wx');
    let written = header.length;
    try {
      await file.writeFile(header);
      for (const tensor of planned) {
        const bytes = contents(checkpoint, tensor);
        const padding = new Uint8Array(aligned(bytes.length) - bytes.length);
        await file.writeFile(bytes);
        await file.writeFile(padding);
        written += bytes.length + padding.length;
      }
    } finally {
      await file.close();
    }
    await rename(fresh, path);
    return written;
  } catch (cause) {
    if (cause instanceof TokenrackError) throw cause;
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw unwritable('gguf-unwritable', `cannot write ${path}: ${reason}`, { path, cause });
  } finally {
    await rm(fresh, { force: true });
  }
}

function contents({ config, tensors, source }: Checkpoint, tensor: Planned): Uint8Array {
  const { name, ours, first, elements, type } = tensor;
  const stored = tensors[ours].subarray(first, first + elements);
  requireFinite(stored, name, source.path);
  const values = isRotated(ours) ? toNeighboursOrder(stored, config.headSize, config.hiddenSize) : stored;
  if (type.name === 'Q8_0') return encodeQ8(values, name);
  return narrowFloats(values, type.name === 'F16' ? 'float16' : 'float32', name);
}

function float16Notes(planned: readonly Planned[], asked: GgufType): readonly string[] {
  if (asked !== 'Q8_0') return [];
  const kept = planned.filter(({ type }) => type.name === 'F16').map(({ name }) => name);
  if (kept.length === 0) return [];
  return [`in F16, because their rows are no multiple of 32 weights: ${kept.join(', ')}`];
}

/** A mistyped path must not cost anyone a file. */
async function requireReplaceableFile(path: string): Promise<void> {
  if (!existsSync(path)) return;
  const occupied = (cause?: unknown) =>
    new ConfigError('file-occupied', `${path} is there already, and is no GGUF file: name another one`, {
      path,
      ...(cause === undefined ? {} : { cause }),
    });
  const beginning = await firstBytes(path).catch((cause: unknown) => {
    throw occupied(cause);
  });
  if (beginning !== MAGIC) throw occupied();
}

async function firstBytes(path: string): Promise<string> {
  await using file = await open(path);
  const { buffer, bytesRead } = await file.read(Buffer.alloc(MAGIC.length), 0, MAGIC.length, 0);
  return buffer.toString('latin1', 0, bytesRead);
}
