import type { ModelledLimits } from './plan.js';

/** Bytes that something moves, by the way they take. */
export interface Moved {
  /** From the SD card. */
  readonly cardBytes: number;
  /** Over the bus of PSRAM and flash. */
  readonly busBytes: number;
}

export interface Bound {
  readonly us: number;
  /** Which of the two takes that long. */
  readonly by: 'card' | 'bus';
}

/**
 * The least time in which the bytes can be moved: card and bus each at its full bandwidth, one beside the other, computing and seeking for
 * free. What a strategy achieves can come near it and never beat it.
 */
export function physicalBound({ cardBytes, busBytes }: Moved, limits: ModelledLimits): Bound {
  const cardUs = cardBytes / limits.cardBandwidth;
  const busUs = busBytes / limits.busBandwidth;
  return cardUs >= busUs ? { us: cardUs, by: 'card' } : { us: busUs, by: 'bus' };
}
