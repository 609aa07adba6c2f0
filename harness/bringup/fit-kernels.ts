import { leastSquares } from '../stats/least-squares.js';
import type { KernelSample } from './bringup-record.js';

export interface LinearCost {
  /** Microseconds of a call, whatever its size. */
  readonly fixedUs: number;
  /** Microseconds of a unit whose bytes cost nothing. */
  readonly unitUs: number;
}

export interface KernelFit {
  readonly kernels: ReadonlyMap<KernelSample['kernel'], LinearCost>;
  /** Microseconds a byte of PSRAM adds to any kernel that streams it; absent without samples there. */
  readonly psramByteUs?: number;
  readonly worstRelativeError: number;
}

/**
 * One pass takes calls * fixed + units * unit + PSRAM bytes * byte; the last is the same for all kernels, as in the cost
 * model (harness/virtual/cost-model.ts). Undefined when the samples are too few to tell these apart.
 */
export function fitKernels(samples: readonly KernelSample[]): KernelFit | undefined {
  const names = [...new Set(samples.map((sample) => sample.kernel))].filter((kernel) =>
    hasTwoSizes(samples, kernel),
  );
  const used = samples.filter((sample) => names.includes(sample.kernel));
  const withPsram = used.some((sample) => sample.memory === 'psram');
  const rows = used.map((sample) => [
    ...names.flatMap((name) =>
      name === sample.kernel ? [sample.calls, sample.calls * sample.size] : [0, 0],
    ),
    ...(withPsram ? [sample.memory === 'psram' ? sample.bytes : 0] : []),
  ]);
  const fit = leastSquares(
    rows,
    used.map((sample) => sample.pass_us),
  );
  if (fit === undefined) return undefined;
  const { coefficients, worstRelativeError } = fit;
  const kernels = new Map(
    names.map((name, i) => [name, { fixedUs: coefficients[2 * i]!, unitUs: coefficients[2 * i + 1]! }]),
  );
  const psramByteUs = coefficients[2 * names.length];
  return { kernels, worstRelativeError, ...(psramByteUs === undefined ? {} : { psramByteUs }) };
}

/** A fixed cost and one a unit need two sizes, in the same memory. */
function hasTwoSizes(samples: readonly KernelSample[], kernel: KernelSample['kernel']): boolean {
  const sizes = samples.filter((one) => one.kernel === kernel && one.memory === 'internal');
  return new Set(sizes.map((one) => one.size)).size >= 2;
}
