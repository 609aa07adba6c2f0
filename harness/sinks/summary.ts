import pc from 'picocolors';
import type { MeasurementName } from '../results/measurement-catalogue.js';
import { formatQuantity } from '../results/quantity.js';
import type { ResultConformity, RunResult } from '../results/result.js';
import { abridge } from './abridge.js';
import { formatForeignTable } from './foreign-table.js';
import { formatNetwork } from './network-note.js';
import { type Column, plainTable } from './plain-table.js';
import { formatQuality } from './quality-line.js';
import { formatScreenNote } from './screen-note.js';
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
    formatForeignTable(result),
    formatClock(result, colors),
    formatNetwork(result),
    formatScreenNote(result),
    formatReference(result, colors),
    formatQuality(result),
    formatSeedTables(result),
    formatExpectations(result, colors),
    formatFailures(result, colors),
    `verdict: ${paintVerdict(result.verdict, colors)}`,
    `run folder: ${result.run.folder}`,
  ];
  return `${parts.filter((part) => part !== '').join('\n')}\n`;
}

/** One row a prompt; a board's name stands above its rows when there are several. */
function formatTable(result: RunResult, colors: Colors): string {
  const boards = result.boards.filter(({ id }) => result.conformity.some((row) => row.board === id));
  return boards
    .map(({ id }) => {
      const rows = result.conformity.filter((row) => row.board === id);
      const table = plainTable(
        COLUMNS,
        rows.map((row) => formatRow(result, row, colors)),
      );
      return result.boards.length > 1 ? `${colors.bold(id)}\n${table}` : table;
    })
    .join('\n');
}

const COLUMNS: readonly Column[] = [
  { head: 'prompt' },
  { head: 'decode', align: 'right' },
  { head: 'first token', align: 'right' },
  { head: 'peak PSRAM', align: 'right' },
  { head: 'SD a token: reads', align: 'right' },
  { head: 'seeks', align: 'right' },
  { head: 'bytes', align: 'right' },
  { head: '= reference', align: 'right' },
  { head: 'logits' },
];

function formatRow(result: RunResult, row: ResultConformity, colors: Colors): string[] {
  const cell = (name: MeasurementName): string => {
    const found = result.measurements.find(
      (one) => one.name === name && one.board === row.board && one.prompt === row.prompt,
    );
    return found === undefined ? '' : formatQuantity(found.value, found.unit);
  };
  return [
    abridge(row.prompt, 24),
    cell('decode_rate'),
    cell('time_to_first_token'),
    cell('psram_peak'),
    cell('sd_reads_per_token'),
    cell('sd_seeks_per_token'),
    cell('sd_bytes_per_token'),
    `${row.tokensEqual} of ${row.tokensTotal}`,
    paintLogits(row, colors),
  ];
}

function paintLogits(row: ResultConformity, colors: Colors): string {
  if (row.logitsEqual === undefined) return 'not taken';
  if (row.logitsEqual) return colors.green(row.winnersCompared === undefined ? 'equal' : "equal (winners')");
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
  const allEqual = conformity.every((row) => row.logitsEqual === true);
  const logits = allEqual
    ? describeEqualLogits(conformity)
    : conformity.some((row) => row.logitsEqual === false)
      ? 'logits differ'
      : 'logits not taken';
  const line = `reference: ${equal} of ${total} tokens equal, ${logits}`;
  return equal === total && allEqual ? colors.green(line) : line;
}

/** Of a board whose screen saved most logits, the chosen token's is what can be compared. */
function describeEqualLogits(conformity: readonly ResultConformity[]): string {
  const rows = conformity.flatMap((row) => row.winnersCompared ?? []);
  if (rows.length === 0) return 'logits equal to the bit';
  const steps = rows.reduce((sum, row) => sum + row.steps, 0);
  return `logits equal to the bit; at ${steps} steps the chosen token's, where the others are not known`;
}

function formatExpectations({ expectations }: RunResult, colors: Colors): string {
  return expectations
    .map(({ title, verdict, message }) =>
      verdict === 'pass'
        ? `${colors.green('✓')} ${title}${message === undefined ? '' : `: ${message}`}`
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
