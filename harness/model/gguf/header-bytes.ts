import {
  aligned,
  MAGIC,
  type MetadataEntry,
  type MetadataValue,
  VALUE_TYPES,
  VERSION,
} from './gguf-format.js';

/** A row of the table of tensors. */
export interface TensorRow {
  readonly name: string;
  /** (rows, cols), or (elements). */
  readonly shape: readonly number[];
  /** ggml's number of its type. */
  readonly type: number;
  /** From the data's start. */
  readonly offset: number;
}

/** Everything before the data, padded to its alignment. */
export function headerBytes(metadata: readonly MetadataEntry[], tensors: readonly TensorRow[]): Buffer {
  const pieces: Buffer[] = [
    Buffer.from(MAGIC, 'latin1'),
    uint32(VERSION),
    uint64(tensors.length),
    uint64(metadata.length),
    ...metadata.flatMap(([key, value]) => [
      ...string(key),
      uint32(VALUE_TYPES.indexOf(value.type)),
      ...valueBytes(value),
    ]),
    ...tensors.flatMap(tensorRow),
  ];
  const bytes = Buffer.concat(pieces);
  return Buffer.concat([bytes, Buffer.alloc(aligned(bytes.length) - bytes.length)]);
}

function tensorRow({ name, shape, type, offset }: TensorRow): readonly Buffer[] {
  return [
    ...string(name),
    uint32(shape.length),
    ...[...shape].reverse().map(uint64),
    uint32(type),
    uint64(offset),
  ];
}

function valueBytes(value: MetadataValue): readonly Buffer[] {
  if (value.type !== 'array') return scalar(value.type, value.value);
  const { of, value: list } = value;
  const items = of === 'string' ? list.flatMap((one) => string(one)) : list.flatMap((one) => scalar(of, one));
  return [uint32(VALUE_TYPES.indexOf(of)), uint64(list.length), ...items];
}

function scalar(
  type: 'uint32' | 'int32' | 'float32' | 'bool' | 'string',
  value: number | boolean | string,
): readonly Buffer[] {
  if (type === 'string') return string(String(value));
  if (type === 'bool') return [Buffer.of(value === true ? 1 : 0)];
  const bytes = Buffer.alloc(4);
  if (type === 'uint32') bytes.writeUInt32LE(Number(value));
  else if (type === 'int32') bytes.writeInt32LE(Number(value));
  else bytes.writeFloatLE(Number(value));
  return [bytes];
}

function string(text: string): readonly Buffer[] {
  const bytes = Buffer.from(text);
  return [uint64(bytes.length), bytes];
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}

function uint64(value: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(BigInt(value));
  return bytes;
}
