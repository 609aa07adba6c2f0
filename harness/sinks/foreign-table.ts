import type { MeasurementName } from '../results/measurement-catalogue.js';
import { formatQuantity } from '../results/quantity.js';
import type { RunResult } from '../results/result.js';
import { abridge } from './abridge.js';
import { type Column, plainTable } from './plain-table.js';

const COLUMNS: readonly Column[] = [
  { head: 'prompt' },
  { head: 'tokens', align: 'right' },
  { head: 'whole generation', align: 'right' },
  { head: 'rate', align: 'right' },
  { head: 'decode', align: 'right' },
  { head: 'text' },
];

/**
 * What a firmware without the bench protocol said, one row a board and prompt; cells that its log does not fill stay
 * empty. Nothing for a bench build.
 */
export function formatForeignTable(result: RunResult): string {
  const { firmware } = result.build;
  if (firmware === undefined) return '';
  const tables = result.boards.flatMap(({ id }) => {
    const rows = rowsOf(result, id);
    if (rows.length === 0) return [];
    const table = plainTable(COLUMNS, rows);
    return [result.boards.length > 1 ? `${id}\n${table}` : table];
  });
  const note = `firmware: ${firmware}, by its own log, which has no checksums; figures are as it prints them`;
  return [...tables, note].join('\n');
}

function rowsOf(result: RunResult, board: string): string[][] {
  const own = result.generations.filter((one) => one.board === board);
  return [...new Set(own.map((one) => one.prompt))].map((prompt) => {
    const cell = (name: MeasurementName): string => {
      const found = result.measurements.find(
        (one) => one.name === name && one.board === board && one.prompt === prompt,
      );
      return found === undefined ? '' : formatQuantity(found.value, found.unit);
    };
    const text = own.find((one) => one.prompt === prompt)?.text ?? '';
    const figures = (['tokens', 'generation_time', 'overall_rate', 'decode_rate'] as const).map(cell);
    return [abridge(prompt, 24), ...figures, abridge(text.replace(/\s+/g, ' '), 30)];
  });
}
