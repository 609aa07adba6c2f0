import Table from 'cli-table3';
import pc from 'picocolors';
import type { MeasurementName } from '../results/measurement-catalogue.js';
import { formatQuantity } from '../results/quantity.js';
import type { RunResult } from '../results/result.js';
import { formatSeedTables } from './seed-tables.js';

type Colors = ReturnType<typeof pc.createColors>;

/**
 * The result for people: one row a board and prompt, what was expected, where everything lies. Plain text unless
 * `color` is asked for.
 */
export function formatSummary(result: RunResult, options: { readonly color?: boolean } = {}): string {
  const colors = pc.createColors(options.color ?? false);
  const parts = [
    formatTable(result, colors),
    formatClock(result, colors),
    formatReference(result, colors),
    formatSeedTables(result),
    formatExpectations(result, colors),
    formatFailures(result, colors),
    `verdict: ${paintVerdict(result.verdict, colors)}`,
    `run folder: ${result.run.folder}`,
  ];
  return `${parts.filter((part) => part !== '').join('\n')}\n`;
}

const COLUMNS: readonly { readonly head: string; readonly name: MeasurementName; readonly bare?: true }[] = [
  { head: 'decode', name: 'decode_rate' },
  { head: 'first token', name: 'time_to_first_token' },
  { head: 'peak PSRAM', name: 'psram_peak' },
  { head: 'SD reads/token', name: 'sd_reads_per_token' },
  { head: 'SD seeks/token', name: 'sd_seeks_per_token' },
  { head: 'SD bytes/token', name: 'sd_bytes_per_token' },
];

function formatTable(result: RunResult, colors: Colors): string {
  if (result.conformity.length === 0) return '';
  const table = new Table({
    head: ['board', 'prompt', ...COLUMNS.map((column) => column.head), 'tokens = reference', 'logits'],
    style: { head: [], border: [], compact: true },
    colAligns: ['left', 'left', ...COLUMNS.map(() => 'right' as const), 'right', 'left'],
  });
  for (const row of result.conformity) {
    table.push([
      row.board,
      abridge(row.prompt),
      ...COLUMNS.map(({ name }) => cell(result, row, name)),
      `${row.tokensEqual} of ${row.tokensTotal}`,
      paintLogits(row, colors),
    ]);
  }
  return table.toString();
}

function cell(result: RunResult, row: { board: string; prompt: string }, name: MeasurementName): string {
  const found = result.measurements.find(
    (one) => one.name === name && one.board === row.board && one.prompt === row.prompt,
  );
  return found === undefined ? '' : formatQuantity(found.value, found.unit);
}

function paintLogits(row: RunResult['conformity'][number], colors: Colors): string {
  if (row.logitsEqual === undefined) return 'not taken';
  if (row.logitsEqual) return colors.green('equal to the bit');
  const distance = row.maxAbsDelta === undefined ? '' : `, max |delta| ${row.maxAbsDelta.toPrecision(3)}`;
  return colors.red(`differ at step ${row.firstDifference ?? '?'}${distance}`);
}

function formatClock({ boards }: RunResult, colors: Colors): string {
  const modelled = boards.filter((board) => board.clock === 'modelled').map((board) => board.id);
  if (modelled.length === 0) return '';
  const note = `clock: modelled on ${modelled.join(', ')} (times come from the cost table, not from hardware)`;
  return colors.yellow(note);
}

function formatReference({ conformity }: RunResult, colors: Colors): string {
  if (conformity.length === 0) return '';
  const equal = conformity.reduce((sum, row) => sum + row.tokensEqual, 0);
  const total = conformity.reduce((sum, row) => sum + row.tokensTotal, 0);
  const logits = conformity.every((row) => row.logitsEqual === true)
    ? 'logits equal to the bit'
    : conformity.some((row) => row.logitsEqual === false)
      ? 'logits differ'
      : 'logits not taken';
  const line = `reference: ${equal} of ${total} tokens equal, ${logits}`;
  return equal === total && logits === 'logits equal to the bit' ? colors.green(line) : line;
}

function formatExpectations({ expectations }: RunResult, colors: Colors): string {
  return expectations
    .map(({ title, verdict, message }) =>
      verdict === 'pass'
        ? `${colors.green('✓')} ${title}`
        : `${colors.red('✗')} ${title}: ${message ?? verdict}`,
    )
    .join('\n');
}

function formatFailures({ failures, expectations }: RunResult, colors: Colors): string {
  const said = new Set(expectations.map(({ title, message }) => `${title}: ${message}`));
  return failures
    .filter((failure) => !said.has(failure.message))
    .map(({ class: kind, message, evidence }) => {
      const where = evidence === undefined ? '' : ` (see ${evidence.split('\n')[0]})`;
      return colors.red(`${kind}: ${message}${where}`);
    })
    .join('\n');
}

function paintVerdict(verdict: string, colors: Colors): string {
  return verdict === 'pass' ? colors.green(verdict) : colors.red(verdict);
}

function abridge(text: string): string {
  return text.length <= 26 ? text : `${text.slice(0, 25)}…`;
}
