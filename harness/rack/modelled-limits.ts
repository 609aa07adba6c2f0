import { loadCostTable } from '../virtual/cost-table.js';
import type { VirtualRackBoard } from './rack-file.js';

/** What bounds a virtual board, by its cost table: bandwidths in bytes a microsecond (MB/s). */
export interface BoardLimits {
  readonly cardMode: '1-bit' | '4-bit';
  readonly bounceBuffer: boolean;
  readonly cardBandwidth: number;
  /** PSRAM and flash share one bus. */
  readonly busBandwidth: number;
}

/** @throws ConfigError for its cost table */
export function modelledLimits(board: VirtualRackBoard): BoardLimits {
  const { card, memory } = loadCostTable(board.cost_table);
  return {
    cardMode: board.card_mode,
    bounceBuffer: board.bounce_buffer,
    cardBandwidth: board.card_mode === '4-bit' ? card.sequentialFourBit.value : card.sequentialOneBit.value,
    busBandwidth: memory.psramBandwidth.value,
  };
}
