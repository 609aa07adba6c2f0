import { ConfigError } from '../../errors.js';
import { ALIGNMENT, aligned, MAGIC, VALUE_TYPES, VERSION } from './gguf-format.js';

export type ParsedValue = number | boolean | string | readonly ParsedValue[];

export interface ParsedTensor {
  readonly name: string;
  /** (rows, cols), or (elements): the file's dimensions in the other order. */
  readonly shape: readonly number[];
  /** ggml's number of its type. */
  readonly type: number;
  /** From the file's start. */
  readonly begin: number;
}

export interface ParsedHeader {
  readonly metadata: ReadonlyMap<string, ParsedValue>;
  readonly tensors: ReadonlyMap<string, ParsedTensor>;
}

/** Names and keys go into one-line messages. */
const PLAIN = /^[ -~]{1,256}$/;
const MOST_DIMENSIONS = 4;

/**
 * The header of a GGUF file of version 2 or 3 (they differ in nothing that matters here). Nothing that a number in it says
 * is allocated before the bytes for it were seen.
 * @param bytes the file's beginning: all of its header, or as much as is allowed
 * @throws ConfigError `gguf-invalid`: one line with the offset
 */
export function parseHeader(bytes: Uint8Array, path: string): ParsedHeader {
  const cursor = new Cursor(bytes, path);
  if (cursor.latin1(4) !== MAGIC) throw cursor.invalid('it does not begin with GGUF');
  const version = cursor.uint32();
  if (version < 2 || version > VERSION)
    throw cursor.invalid(`version ${version} is not supported; 2 and 3 are`);
  const tensorCount = cursor.count(24);
  const metadata = parseMetadata(cursor, cursor.count(13));
  const rows = Array.from({ length: tensorCount }, () => parseTensor(cursor));
  const alignment = metadata.get('general.alignment') ?? ALIGNMENT;
  if (typeof alignment !== 'number' || alignment < 1 || alignment > 65536)
    throw cursor.invalid(`general.alignment is ${String(alignment)}`);
  const dataBegin = aligned(cursor.at, alignment);
  const tensors = new Map<string, ParsedTensor>();
  for (const { offset, ...row } of rows) {
    if (tensors.has(row.name)) throw cursor.invalid(`there are two tensors ${row.name}`);
    tensors.set(row.name, { ...row, begin: dataBegin + offset });
  }
  return { metadata, tensors };
}

function parseMetadata(cursor: Cursor, count: number): ReadonlyMap<string, ParsedValue> {
  const metadata = new Map<string, ParsedValue>();
  for (let i = 0; i < count; i++) {
    const key = cursor.plain();
    if (metadata.has(key)) throw cursor.invalid(`there are two keys ${key}`);
    metadata.set(key, parseValue(cursor, cursor.uint32(), 0));
  }
  return metadata;
}

function parseValue(cursor: Cursor, type: number, depth: number): ParsedValue {
  const name = VALUE_TYPES[type];
  if (name === 'array') {
    if (depth > 1) throw cursor.invalid('arrays lie three deep');
    const itemType = cursor.uint32();
    return Array.from({ length: cursor.count(1) }, () => parseValue(cursor, itemType, depth + 1));
  }
  if (name === undefined) throw cursor.invalid(`${type} is no type of a value`);
  return name === 'string' ? cursor.text() : cursor.scalar(name);
}

function parseTensor(cursor: Cursor) {
  const name = cursor.plain();
  const dimensions = cursor.uint32();
  if (dimensions > MOST_DIMENSIONS) throw cursor.invalid(`tensor ${name} has ${dimensions} dimensions`);
  const shape = Array.from({ length: dimensions }, () => cursor.scalar('uint64')).reverse();
  return { name, shape: shape.map(Number), type: cursor.uint32(), offset: Number(cursor.scalar('uint64')) };
}

/** Reads forward, and never past the end. */
class Cursor {
  at = 0;
  readonly #bytes: Buffer;
  readonly #path: string;

  constructor(bytes: Uint8Array, path: string) {
    this.#bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#path = path;
  }

  uint32(): number {
    return this.#bytes.readUInt32LE(this.#take(4));
  }

  /** How many items follow, each of at least `leastBytes`. */
  count(leastBytes: number): number {
    const count = Number(this.scalar('uint64'));
    if (count * leastBytes > this.#bytes.length - this.at)
      throw this.invalid(`${count} items do not fit into it`);
    return count;
  }

  /** UTF-8. */
  text(): string {
    const bytes = this.count(1);
    const from = this.#take(bytes);
    return this.#bytes.toString('utf8', from, from + bytes);
  }

  plain(): string {
    const text = this.text();
    if (!PLAIN.test(text)) throw this.invalid('a name is not printable ASCII');
    return text;
  }

  latin1(bytes: number): string {
    const from = this.#take(bytes);
    return this.#bytes.toString('latin1', from, from + bytes);
  }

  scalar(type: Exclude<(typeof VALUE_TYPES)[number], 'array' | 'string'>): number | boolean {
    const bytes = this.#bytes;
    switch (type) {
      case 'uint8':
        return bytes.readUInt8(this.#take(1));
      case 'int8':
        return bytes.readInt8(this.#take(1));
      case 'uint16':
        return bytes.readUInt16LE(this.#take(2));
      case 'int16':
        return bytes.readInt16LE(this.#take(2));
      case 'uint32':
        return bytes.readUInt32LE(this.#take(4));
      case 'int32':
        return bytes.readInt32LE(this.#take(4));
      case 'float32':
        return bytes.readFloatLE(this.#take(4));
      case 'bool':
        return bytes.readUInt8(this.#take(1)) !== 0;
      case 'uint64':
        return Number(bytes.readBigUInt64LE(this.#take(8)));
      case 'int64':
        return Number(bytes.readBigInt64LE(this.#take(8)));
      case 'float64':
        return bytes.readDoubleLE(this.#take(8));
    }
  }

  invalid(reason: string): ConfigError {
    const message = `${this.#path}: no GGUF file that can be read: ${reason} (at byte ${this.at})`;
    return new ConfigError('gguf-invalid', message, { path: this.#path, offset: this.at });
  }

  #take(bytes: number): number {
    const from = this.at;
    if (from + bytes > this.#bytes.length) throw this.invalid('its header is cut off');
    this.at += bytes;
    return from;
  }
}
