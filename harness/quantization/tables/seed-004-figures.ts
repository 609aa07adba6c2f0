import type { Bits } from '../quantized-tensor.js';

/** Bits that seed 004 has rows for, from many to few. */
export const SEED_BITS = [8, 4, 2, 1.58, 1] as const satisfies readonly Bits[];
export type SeedBits = (typeof SEED_BITS)[number];

/** How seed 004 writes them. */
export const BIT_NAMES: Readonly<Record<SeedBits, string>> = {
  8: '8-bit',
  4: '4-bit',
  2: '2-bit',
  1.58: '1.58-bit',
  1: '1-bit',
};

/** "Compression Ratios": times smaller, and megabytes of two models. */
export const SEED_COMPRESSION: Readonly<
  Record<
    SeedBits,
    {
      readonly factor: number;
      readonly said: string;
      readonly tinyLlamaMb: number;
      readonly mistralMb: number;
    }
  >
> = {
  8: { factor: 8, said: '8x', tinyLlamaMb: 275, mistralMb: 1650 },
  4: { factor: 10, said: '10x', tinyLlamaMb: 251, mistralMb: 1100 },
  2: { factor: 16, said: '16x', tinyLlamaMb: 140, mistralMb: 660 },
  1.58: { factor: 13.1, said: '13.1x', tinyLlamaMb: 188, mistralMb: 825 },
  1: { factor: 19.8, said: '19.8x', tinyLlamaMb: 110, mistralMb: 550 },
};

/** Originals of that table, megabytes: 1.1 and 6.6 billion weights in float16. */
export const SEED_ORIGINALS = {
  'TinyLlama 1.1B': { mb: 2200, said: '2.2 GB', column: 'tinyLlamaMb' },
  'Mistral 7B': { mb: 13_200, said: '13.2 GB', column: 'mistralMb' },
} as const;

/** "Quantization Storage Efficiency". */
export const SEED_STORAGE: Readonly<
  Record<
    SeedBits,
    { readonly values: number; readonly entropy: number; readonly bytes: number; readonly format: string }
  >
> = {
  8: { values: 256, entropy: 8, bytes: 1, format: 'Integer (uint8)' },
  4: { values: 16, entropy: 4, bytes: 0.5, format: 'Integer (packed nibbles)' },
  2: { values: 4, entropy: 2, bytes: 0.25, format: 'Integer (packed bits)' },
  1.58: { values: 3, entropy: 1.58, bytes: 0.2, format: 'Ternary {-1,0,+1}' },
  1: { values: 2, entropy: 1, bytes: 0.125, format: 'Binary {-1,+1}' },
};

/** "Relative Error by Quantization Level": percent, of the loss in training and of inference alike. */
export const SEED_ERRORS: Readonly<
  Record<
    SeedBits,
    { readonly from: number; readonly to: number; readonly quality: string; readonly use: string }
  >
> = {
  8: { from: 0, to: 0.65, quality: 'Excellent', use: 'High-fidelity inference' },
  4: { from: 10, to: 15, quality: 'Good', use: 'General purpose (production)' },
  2: { from: 20, to: 50, quality: 'Acceptable', use: 'Edge devices' },
  1.58: { from: 15, to: 25, quality: 'Very Good', use: 'Balanced (new)' },
  1: { from: 50, to: 150, quality: 'Extreme', use: 'Ultra-low memory' },
};

/** "Layer Accuracy Distribution (TinyLlama)": percent; the seed does not say at how many bits. */
export const SEED_LAYERS = { Embedding: 8.2, Attention: 16.1, FFN: 18.5, Projection: 14.3 } as const;

/** "Inference Speed": tokens/s on a CPU (i7-12700K) and a GPU (RTX 3090), and the column "Speedup vs FP32". */
export const SEED_SPEEDS: Readonly<
  Record<
    'TinyLlama 1.1B' | 'Mistral 7B',
    Readonly<
      Record<'FP32' | SeedBits, { readonly cpu: number; readonly gpu: number; readonly speedup: number }>
    >
  >
> = {
  'TinyLlama 1.1B': {
    FP32: { cpu: 8, gpu: 120, speedup: 1 },
    8: { cpu: 10, gpu: 140, speedup: 1.25 },
    4: { cpu: 14, gpu: 180, speedup: 1.5 },
    1.58: { cpu: 18, gpu: 220, speedup: 1.83 },
    2: { cpu: 20, gpu: 240, speedup: 2 },
    1: { cpu: 25, gpu: 280, speedup: 2.3 },
  },
  'Mistral 7B': {
    FP32: { cpu: 1.2, gpu: 35, speedup: 1 },
    8: { cpu: 1.5, gpu: 42, speedup: 1.2 },
    4: { cpu: 2.1, gpu: 52, speedup: 1.5 },
    1.58: { cpu: 2.8, gpu: 68, speedup: 1.94 },
    2: { cpu: 3.2, gpu: 78, speedup: 2.2 },
    1: { cpu: 4, gpu: 95, speedup: 2.7 },
  },
};

/** "Memory Usage (Peak, 4K context)", TinyLlama 1.1B: megabytes of weights and in all. */
export const SEED_MEMORY: Readonly<
  Record<'FP32' | SeedBits, { readonly weights: number; readonly total: number }>
> = {
  FP32: { weights: 2200, total: 2700 },
  8: { weights: 275, total: 775 },
  4: { weights: 251, total: 751 },
  1.58: { weights: 188, total: 688 },
  2: { weights: 140, total: 640 },
  1: { weights: 110, total: 610 },
};

/** Rows of the seed's two scenarios, in its order. */
export const SEED_SCENARIO_ROWS = ['FP32', 4, 1.58, 1] as const;

/** "Scenario 1: Chat Application": seconds, milliseconds, tokens/s, seconds for 100 tokens. */
export const SEED_CHAT = {
  FP32: { load: 12, first: 850, rate: 120, total: 2, said: '~2 seconds', digit: 1 },
  4: { load: 8, first: 620, rate: 180, total: 1.2, said: '1.2 seconds', digit: 0.1 },
  1.58: { load: 6, first: 480, rate: 220, total: 0.9, said: '0.9 seconds', digit: 0.1 },
  1: { load: 4, first: 380, rate: 280, total: 0.7, said: '0.7 seconds', digit: 0.1 },
} as const;

/** "Scenario 2: Server Inference (Batch=8, 2K context)", Mistral 7B on a GPU: tokens/s, milliseconds, gigabytes. */
export const SEED_SERVER = {
  FP32: { rate: 280, latency: 28.6, memory: 15.2 },
  4: { rate: 416, latency: 19.2, memory: 2.5 },
  1.58: { rate: 544, latency: 14.7, memory: 1.9 },
  1: { rate: 760, latency: 10.5, memory: 1.5 },
} as const;

/** "Hardware Compatibility", as said; of what the factors are is not. */
export const SEED_HARDWARE: readonly {
  readonly machine: string;
  readonly kind: 'GPU' | 'CPU';
  readonly factors: Readonly<Partial<Record<SeedBits, string>>>;
}[] = [
  { machine: 'RTX 3090', kind: 'GPU', factors: { 4: '10-30x', 1.58: '12-35x', 2: '15x', 1: '20x' } },
  { machine: 'RTX 4090', kind: 'GPU', factors: { 4: '15-40x', 1.58: '18-45x', 2: '22x', 1: '30x' } },
  { machine: 'A100', kind: 'GPU', factors: { 4: '10-25x', 1.58: '12-30x', 2: '14x', 1: '18x' } },
  { machine: 'T4 (Colab)', kind: 'GPU', factors: { 4: '5-8x', 1.58: '6-10x', 2: '8x', 1: '10x' } },
  { machine: 'x86-64', kind: 'CPU', factors: { 4: '1.5-2x', 1.58: '1.8-2.3x', 1: '2.3-2.8x' } },
  { machine: 'ARM64', kind: 'CPU', factors: { 4: '1.2-1.5x', 1.58: '1.5-1.8x', 1: '1.8-2.2x' } },
];
