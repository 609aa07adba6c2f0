import type { ProbeConsole } from '../board/probe-console.js';
import { refusalText, retrying } from '../board/retrying.js';
import { median } from '../stats/median.js';
import type { KernelSample, Observations } from './bringup-record.js';

/** Long against the clock's microsecond, short against patience. */
const targetUs = 30_000;

/** A record that was lost is not waited for longer: a pass takes a tenth of this. */
const passTimeoutMs = 4000;

/** A probe's limit of units in all (firmware/PROTOCOL.md). */
const maxUnits = 1 << 24;

export type KernelShape = Pick<KernelSample, 'kernel' | 'memory' | 'size' | 'calls'>;

/** Every kernel over several sizes in internal RAM, and over more than the 32 KB cache in PSRAM. */
export function kernelShapes(): KernelShape[] {
  const kernels = ['dot', 'elementwise', 'exp', 'rmsnorm', 'crc'] as const;
  const inside = kernels.flatMap((kernel) =>
    [32, 192, 1024, 4096].map((size) => ({ kernel, memory: 'internal' as const, size, calls: 1 })),
  );
  const outside = kernels.flatMap((kernel) =>
    [64, 256].map((calls) => ({ kernel, memory: 'psram' as const, size: 1024, calls })),
  );
  const streams = [4096, 65_536, 262_144].map((size) => ({
    kernel: 'stream' as const,
    memory: 'psram' as const,
    size,
    calls: 1,
  }));
  const inner = [1024, 16_384].map((size) => ({
    kernel: 'stream' as const,
    memory: 'internal' as const,
    size,
    calls: 1,
  }));
  return [...inside, ...outside, ...inner, ...streams];
}

/** Measures each shape `rounds` times. A shape that does not fit the board's memory is reported as missing. */
export async function measureKernels(
  console: ProbeConsole,
  shapes: readonly KernelShape[],
  rounds: number,
): Promise<Pick<Observations, 'kernels' | 'missing'>> {
  const kernels: KernelSample[] = [];
  const missing: Observations['missing'] = [];
  for (const shape of shapes) {
    try {
      const sample = await measureShape(console, shape, rounds);
      if (sample === undefined) missing.push({ what: name(shape), why: 'the board reported no time' });
      else kernels.push(sample);
    } catch (error) {
      const why = refusalText(error);
      if (why === undefined) throw error;
      missing.push({ what: name(shape), why });
    }
  }
  return { kernels, missing };
}

async function measureShape(
  console: ProbeConsole,
  shape: KernelShape,
  rounds: number,
): Promise<KernelSample | undefined> {
  const { us: firstUs = 0 } = await pass(console, shape, 1);
  const limit = Math.floor(maxUnits / (shape.size * shape.calls));
  const repeat = Math.max(1, Math.min(limit, Math.ceil(targetUs / Math.max(firstUs, 1))));
  const times: number[] = [];
  let bytes = 0;
  for (let round = 0; round < rounds; round++) {
    const measured = await pass(console, shape, repeat);
    bytes = (measured.bytes ?? 0) / repeat;
    if (measured.us !== undefined) times.push(measured.us / repeat);
  }
  const passUs = median(times).value;
  return passUs === undefined || passUs <= 0 ? undefined : { ...shape, bytes, pass_us: passUs };
}

function pass(console: ProbeConsole, { kernel, memory, size, calls }: KernelShape, repeat: number) {
  const place = memory === 'psram' ? 1 : 0;
  return retrying(() =>
    console.probe(`${kernel} size=${size} calls=${calls} repeat=${repeat} memory=${place}`, {
      timeoutMs: passTimeoutMs,
    }),
  );
}

function name({ kernel, memory, size, calls }: KernelShape): string {
  return `${kernel} over ${size} x ${calls} in ${memory}`;
}
