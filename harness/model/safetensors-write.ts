import { open } from 'node:fs/promises';
import { type FloatFormat, narrowFloats } from './float-formats.js';

export interface TensorToWrite {
  readonly name: string;
  readonly shape: readonly number[];
  /** Integers are written as they are. */
  readonly values: Float32Array | Int8Array | Uint8Array;
  /** How these floats are stored; default: as the others of the file. */
  readonly format?: FloatFormat;
}

const DTYPES: Readonly<Record<FloatFormat, string>> = { float32: 'F32', float16: 'F16', bfloat16: 'BF16' };

interface Content {
  readonly name: string;
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly bytes: Uint8Array;
}

/**
 * Writes a safetensors file, tensors in the order given. The same tensors give the same bytes.
 * @throws ConfigError `weight-overflow` when a weight does not fit its format
 */
export async function writeSafetensors(
  path: string,
  tensors: readonly TensorToWrite[],
  format: FloatFormat,
): Promise<void> {
  const contents = tensors.map((tensor) => contentOf(tensor, format));
  const file = await open(path, 'w');
  try {
    await file.writeFile(header(contents));
    for (const { bytes } of contents) await file.writeFile(bytes);
  } finally {
    await file.close();
  }
}

function contentOf({ name, shape, values, format }: TensorToWrite, standard: FloatFormat): Content {
  if (values instanceof Float32Array) {
    const stored = format ?? standard;
    return { name, shape, dtype: DTYPES[stored], bytes: narrowFloats(values, stored, name) };
  }
  const bytes = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
  return { name, shape, dtype: values instanceof Int8Array ? 'I8' : 'U8', bytes };
}

function header(contents: readonly Content[]): Uint8Array {
  let offset = 0;
  const entries = contents.map(({ name, dtype, shape, bytes }) => {
    const begin = offset;
    offset += bytes.byteLength;
    return [name, { dtype, shape, data_offsets: [begin, offset] }] as const;
  });
  // transformers refuses a file whose metadata does not name the framework's layout.
  const text = JSON.stringify({ __metadata__: { format: 'pt' }, ...Object.fromEntries(entries) });
  const json = new TextEncoder().encode(text.padEnd(Math.ceil(text.length / 8) * 8, ' '));
  const bytes = new Uint8Array(8 + json.length);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(json.length), true);
  bytes.set(json, 8);
  return bytes;
}
