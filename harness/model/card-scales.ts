import { existsSync } from 'node:fs';
import { z } from 'zod';
import { ConfigError } from '../errors.js';
import { readJsonFile } from './json-file.js';
import type { MatrixName, PackedTensor } from './packed-model.js';
import { SMALLEST_NORMAL } from './quantizers/rounding.js';

export const QUANTIZATION_SCALES = 'quantization_scales.json';

/** What quantization_scales.json says, for tensors that are asked for one by one. */
export interface CardScales {
  /** One float32 a layer. @throws ConfigError `card-scales`: names the file, the tensor and what is wrong with its scales */
  of(name: MatrixName, layers: number): readonly number[];
}

const scalesSchema = z.record(z.string(), z.union([z.number(), z.array(z.number())]));

/**
 * The exact bytes of quantization_scales.json, or undefined when no tensor is in format int8. Each scale is the shortest
 * decimal, of at most 9 significant digits, from which the same float32 is read.
 */
export function cardScalesBytes(
  tensors: Readonly<Partial<Record<MatrixName, PackedTensor>>>,
): Uint8Array | undefined {
  const entries = Object.entries(tensors).flatMap(([name, { scales }]) => {
    if (scales === undefined) return [];
    const decimals = scales.map(shortestDecimal);
    return [[name, decimals.length === 1 ? decimals[0] : decimals] as const];
  });
  if (entries.length === 0) return undefined;
  return new TextEncoder().encode(`${JSON.stringify(Object.fromEntries(entries), null, 1)}\n`);
}

/** The double that prints with the fewest digits among those that round to `scale`, a float32. */
export function shortestDecimal(scale: number): number {
  for (let digits = 1; digits < 9; digits++) {
    const decimal = Number(scale.toPrecision(digits));
    if (Math.fround(decimal) === scale) return decimal;
  }
  return Number(scale.toPrecision(9));
}

/** @throws ConfigError of a file that is no JSON, or holds anything but numbers; its absence shows when a scale is asked for */
export async function readCardScales(path: string): Promise<CardScales> {
  const scales = existsSync(path) ? await readJsonFile(path, scalesSchema) : undefined;
  const refuse = (name: MatrixName, fault: string) =>
    new ConfigError('card-scales', `${path}: ${fault}`, { path, tensor: name });
  return {
    of(name, layers) {
      if (scales === undefined) throw refuse(name, `the file is missing, and ${name} is in int8`);
      const found = Object.hasOwn(scales, name) ? scales[name] : undefined;
      if (found === undefined) throw refuse(name, `no scale for ${name}, which is in int8`);
      const values = [found].flat().map(Math.fround);
      if (values.length !== layers)
        throw refuse(name, `${name} has ${values.length} scale(s) for ${layers} layer(s)`);
      const bad = values.find((value) => !(Number.isFinite(value) && value >= SMALLEST_NORMAL));
      if (bad !== undefined) throw refuse(name, `scale ${bad} of ${name} is no positive, normal float32`);
      return values;
    },
  };
}
