import { formatQuantity } from '../results/quantity.js';
import type { RunResult } from '../results/result.js';

/** Which boards had no room in PSRAM for the head's screen, what that costs and what would help; empty when none. */
export function formatScreenNote({ memory }: Pick<RunResult, 'memory'>): string {
  return memory
    .flatMap(({ board, context, psramBytes, placement }) => {
      const fitting = placement?.screenContext;
      if (fitting === undefined) return [];
      const help = fitting === 0 ? 'no context leaves it room' : `a context of ${fitting} leaves it room`;
      const psram = formatQuantity(psramBytes, 'bytes');
      return [
        `screen: none on ${board}, so every token took the whole head: at a context of ${context} its ${psram} of PSRAM have no room for it; ${help}`,
      ];
    })
    .join('\n');
}
