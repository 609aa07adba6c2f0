import { open } from 'node:fs/promises';
import { type FloatFormat, narrowFloats } from './float-formats.js';

export interface TensorToWrite {
  readonly name: string;
  readonly shape: readonly number[];
  readonly values: Float32Array;
}

const DTYPES: Readonly<Record<FloatFormat, string>> = { float32: 'F32', float16: 'F16', bfloat16: 'BF16' };

/**
 * Writes a safetensors file, tensors in the order given. The same tensors give the same bytes.
 * @throws ConfigError `weight-overflow` when a weight does not fit `format`
 */
export async function writeSafetensors(
  path: string,
  tensors: readonly TensorToWrite[],
  format: FloatFormat,
): Promise<void> {
  const contents = tensors.map(({ name, values }) => narrowFloats(values, format, name));
  const file = await open(path, 'w');
  try {
    await file.writeFile(header(tensors, contents, format));
    for (const bytes of contents) await file.writeFile(bytes);
  } finally {
    await file.close();
  }
}

function header(
  tensors: readonly TensorToWrite[],
  contents: readonly Uint8Array[],
  format: FloatFormat,
): Uint8Array {
  let offset = 0;
  const entries = tensors.map(({ name, shape }, i) => {
    const begin = offset;
    offset += contents[i]!.byteLength;
    return [name, { dtype: DTYPES[format], shape, data_offsets: [begin, offset] }] as const;
  });
  // transformers refuses a file whose metadata does not name the framework's layout.
  const text = JSON.stringify({ __metadata__: { format: 'pt' }, ...Object.fromEntries(entries) });
  const json = new TextEncoder().encode(text.padEnd(Math.ceil(text.length / 8) * 8, ' '));
  const bytes = new Uint8Array(8 + json.length);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(json.length), true);
  bytes.set(json, 8);
  return bytes;
}
