import { z } from 'zod';
import { ConfigError } from '../errors.js';
import { FLOAT_BYTES, type FloatFormat, widenFloats } from './float-formats.js';
import { describeIssue, parseJson } from './json-file.js';
import type { RangedFile } from './ranged-file.js';

/** Where one tensor lies in a safetensors file. Offsets are absolute, in bytes. */
export interface SafetensorsEntry {
  readonly name: string;
  /** As the file names it, such as `BF16`. */
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly begin: number;
  readonly end: number;
}

const LARGEST_HEADER_BYTES = 16 * 1024 * 1024;
const FORMATS: Readonly<Record<string, FloatFormat>> = { F32: 'float32', F16: 'float16', BF16: 'bfloat16' };
/** Bytes an element of the format's dtypes that a Llama's file may also hold (never read as weights). */
const OTHER_BYTES: Readonly<Record<string, number>> = {
  F64: 8,
  I64: 8,
  U64: 8,
  I32: 4,
  U32: 4,
  I16: 2,
  U16: 2,
  I8: 1,
  U8: 1,
  BOOL: 1,
  F8_E4M3: 1,
  F8_E5M2: 1,
};

/** Names go into one-line messages. */
const PLAIN_NAME = /^[ -~]+$/;
const size = z.int().nonnegative();
const entrySchema = z.object({
  dtype: z.string(),
  shape: z.array(size).max(8),
  data_offsets: z.tuple([size, size]),
});

/**
 * The table of tensors of an open safetensors file: 8 bytes of header length, a JSON header, then the data
 * (https://huggingface.co/docs/safetensors). Every number is checked before it is used: the ranges must tile the
 * data exactly, so that reading them all never takes more memory than the file has.
 * @throws ConfigError `safetensors-invalid`, `json-syntax` or `file-truncated`
 */
export async function readSafetensorsTable(file: RangedFile): Promise<ReadonlyMap<string, SafetensorsEntry>> {
  const prefix = await file.read(0, 8);
  const headerBytes = Number(new DataView(prefix.buffer).getBigUint64(0, true));
  if (headerBytes > LARGEST_HEADER_BYTES || headerBytes < 2) {
    throw invalid(file, `its header claims ${headerBytes} bytes; this is no safetensors file`);
  }
  const text = new TextDecoder().decode(await file.read(8, headerBytes));
  const header = parseJson(text, file.path);
  if (typeof header !== 'object' || header === null || Array.isArray(header)) {
    throw invalid(file, 'its header is no JSON object');
  }
  const entries = Object.entries(header)
    .filter(([name]) => name !== '__metadata__')
    .map(([name, value]) => checkEntry(file, name, value, 8 + headerBytes));
  requireTiling(file, entries, 8 + headerBytes);
  return new Map(entries.map((entry) => [entry.name, entry]));
}

/**
 * Reads one tensor, widened to float32, into `target`, whose length is the tensor's element count.
 * @throws ConfigError `model-dtype` when its dtype is not a float that we know
 */
export async function readTensorInto(
  file: RangedFile,
  entry: SafetensorsEntry,
  target: Float32Array,
): Promise<void> {
  const format = floatFormatOf(entry, file.path);
  if (format === 'float32') {
    await file.readInto(new Uint8Array(target.buffer, target.byteOffset, target.byteLength), entry.begin);
    return;
  }
  widenFloats(await file.read(entry.begin, entry.end - entry.begin), format, target);
}

/** @throws ConfigError `model-dtype` */
export function floatFormatOf(entry: SafetensorsEntry, path: string): FloatFormat {
  const format = FORMATS[entry.dtype];
  if (format !== undefined) return format;
  throw new ConfigError(
    'model-dtype',
    `${path}: tensor ${entry.name} is ${entry.dtype}; only F32, F16 and BF16 are supported: convert it first`,
    { path, tensor: entry.name, dtype: entry.dtype },
  );
}

function checkEntry(file: RangedFile, name: string, value: unknown, dataBegin: number): SafetensorsEntry {
  const checked = entrySchema.safeParse(value);
  if (!checked.success || !PLAIN_NAME.test(name)) {
    const reason = checked.success
      ? 'a name must be printable ASCII'
      : describeIssue(checked.error.issues[0]!);
    throw invalid(file, `header entry ${JSON.stringify(name)}: ${reason}`);
  }
  const { dtype, shape, data_offsets } = checked.data;
  const [first, last] = data_offsets;
  const bytes = elementBytes(dtype);
  const expected = shape.reduce((product, extent) => product * extent, 1) * (bytes ?? 0);
  if (last < first || (bytes !== undefined && last - first !== expected)) {
    throw invalid(
      file,
      `tensor ${name} of shape (${shape.join(', ')}) and ${dtype} spans ${last - first} bytes`,
    );
  }
  return { name, dtype, shape, begin: dataBegin + first, end: dataBegin + last };
}

function elementBytes(dtype: string): number | undefined {
  const format = FORMATS[dtype];
  return format === undefined ? OTHER_BYTES[dtype] : FLOAT_BYTES[format];
}

/** Without holes and overlaps, from the header's end to the file's. */
function requireTiling(file: RangedFile, entries: readonly SafetensorsEntry[], dataBegin: number): void {
  let reached = dataBegin;
  for (const entry of [...entries].sort((a, b) => a.begin - b.begin || a.end - b.end)) {
    if (entry.begin !== reached)
      throw invalid(file, `there is a hole or an overlap before tensor ${entry.name}`);
    reached = entry.end;
  }
  if (reached === file.sizeBytes) return;
  const state = reached > file.sizeBytes ? 'is truncated' : 'is too long';
  throw new ConfigError(
    reached > file.sizeBytes ? 'file-truncated' : 'safetensors-invalid',
    `${file.path} ${state}: expected ${reached} bytes by its header, found ${file.sizeBytes}`,
    { path: file.path, expectedBytes: reached, foundBytes: file.sizeBytes },
  );
}

function invalid(file: RangedFile, reason: string): ConfigError {
  return new ConfigError('safetensors-invalid', `${file.path}: ${reason.replace(/\s+/g, ' ')}`, {
    path: file.path,
  });
}
