import { isLopsided as lopsidedBits, codeRange as rangeOfBits } from '../../model/code-range.js';
import { nearestBfloat16 } from '../../model/float-formats.js';
import type { Bits, Grid, Group } from '../quantized-tensor.js';

/** The smallest and the largest code of a grid. */
export function codeRange({ bits, zeroPoint }: Pick<Grid, 'bits' | 'zeroPoint'>): readonly [number, number] {
  return rangeOfBits(bits, zeroPoint);
}

/** Whether the codes reach one further below zero than above, so that a scale's sign matters. */
export function isLopsided({ bits, zeroPoint }: Pick<Grid, 'bits' | 'zeroPoint'>): boolean {
  return lopsidedBits(bits, zeroPoint);
}

/** Scales of one layer's matrix (rows, cols). */
export function scaleCount(group: Group, rows: number, cols: number): number {
  if (group === 'tensor') return 1;
  return group === 'row' ? rows : rows * Math.ceil(cols / group);
}

/** Which of a layer's scales a weight has. */
export function scaleIndex(group: Group, row: number, col: number, cols: number): number {
  if (group === 'tensor') return 0;
  if (group === 'row') return row;
  return row * Math.ceil(cols / group) + Math.floor(col / group);
}

/**
 * A scale as it is stored: cards keep those of 2 to 4 bits as bfloat16 (firmware/FORMATS.md), all others as float32. Codes are chosen for the stored scale.
 */
export function storedScale(bits: Bits, scale: number): number {
  return bits === 2 || bits === 3 || bits === 4 ? nearestBfloat16(scale) : Math.fround(scale);
}

/** The group that a recipe means when it names none. */
export function defaultGroup(bits: Bits, method: string): Group {
  if (method === 'naive') return 'tensor';
  return bits === 8 || bits === 1.58 || bits === 1 ? 'row' : 32;
}
