import type { RunResult } from '../results/result.js';

/** Which boards were reached over a network, and what that means for times; empty when none was. */
export function formatNetwork({ boards }: Pick<RunResult, 'boards'>): string {
  const far = boards.filter((board) => board.link === 'rfc2217').map((board) => board.id);
  if (far.length === 0) return '';
  return `link: ${far.join(', ')} over a network (rfc2217): the board's own times count; arrival stamps in uart.jsonl include the network's delay`;
}
