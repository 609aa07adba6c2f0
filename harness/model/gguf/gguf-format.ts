/**
 * GGUF version 3 (https://github.com/ggml-org/ggml/blob/master/docs/gguf.md): a header of typed keys and values, a table
 * of tensors, and their data, each aligned. Little-endian.
 */
export const MAGIC = 'GGUF';
export const VERSION = 3;
/** Of the data's start and of each tensor in it, unless `general.alignment` says otherwise. */
export const ALIGNMENT = 32;

/** Types of metadata values, by their numbers. */
export const VALUE_TYPES = [
  'uint8',
  'int8',
  'uint16',
  'int16',
  'uint32',
  'int32',
  'float32',
  'bool',
  'string',
  'array',
  'uint64',
  'int64',
  'float64',
] as const;
export type ValueType = (typeof VALUE_TYPES)[number];

/** What this project writes. */
export type MetadataValue =
  | { readonly type: 'uint32' | 'float32'; readonly value: number }
  | { readonly type: 'bool'; readonly value: boolean }
  | { readonly type: 'string'; readonly value: string }
  | { readonly type: 'array'; readonly of: 'string'; readonly value: readonly string[] }
  | { readonly type: 'array'; readonly of: 'int32' | 'float32'; readonly value: readonly number[] };
export type MetadataEntry = readonly [key: string, value: MetadataValue];

/** What the whole file can be written in; norms stay F32. */
export const GGUF_TYPES = ['F32', 'F16', 'Q8_0'] as const;
export type GgufType = (typeof GGUF_TYPES)[number];

/** Types of tensors that can be read, by ggml's numbers, with the bytes that a block of so many weights takes. */
export interface TensorType {
  readonly name: 'F32' | 'F16' | 'BF16' | 'Q8_0';
  readonly number: number;
  readonly blockSize: number;
  readonly blockBytes: number;
}
export const TENSOR_TYPES: readonly TensorType[] = [
  { name: 'F32', number: 0, blockSize: 1, blockBytes: 4 },
  { name: 'F16', number: 1, blockSize: 1, blockBytes: 2 },
  { name: 'Q8_0', number: 8, blockSize: 32, blockBytes: 34 },
  { name: 'BF16', number: 30, blockSize: 1, blockBytes: 2 },
];

export function tensorType(name: TensorType['name']): TensorType {
  return TENSOR_TYPES.find((type) => type.name === name)!;
}

export function aligned(offset: number, alignment: number = ALIGNMENT): number {
  return Math.ceil(offset / alignment) * alignment;
}
