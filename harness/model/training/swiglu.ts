import { exp } from './exact-math.js';
import type { Floats } from './matmul.js';

/** out = silu(gate) * up, element by element (Shazeer 2020). */
export function swiglu(out: Floats, gate: Floats, up: Floats, length: number): void {
  for (let i = 0; i < length; i++) {
    const g = gate[i]!;
    out[i] = (g / (1 + exp(-g))) * up[i]!;
  }
}

/** Sets the gradients of gate and up from that of `swiglu`'s result. */
export function swigluBackward(
  dGate: Floats,
  dUp: Floats,
  dOut: Floats,
  gate: Floats,
  up: Floats,
  length: number,
): void {
  for (let i = 0; i < length; i++) {
    const g = gate[i]!;
    const sigmoid = 1 / (1 + exp(-g));
    const silu = g * sigmoid;
    dUp[i] = dOut[i]! * silu;
    dGate[i] = dOut[i]! * up[i]! * (sigmoid + silu * (1 - sigmoid));
  }
}
