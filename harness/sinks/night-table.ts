import pc from 'picocolors';
import type { Verdict } from '../results/verdict.js';
import { abridge } from './abridge.js';
import {
  describeBoards,
  describeCounts,
  formatDuration,
  type NightCell,
  type NightSummary,
} from './night-summary.js';
import { plainTable } from './plain-table.js';

type Colors = ReturnType<typeof pc.createColors>;

/** What stands in a cell of the table. `·`: that scenario is not for that board. */
export const MARKS: Readonly<Record<Verdict, string>> = {
  pass: '✓',
  'product-fail': '✗',
  'infra-fail': '!',
  'config-error': 'C',
  'harness-bug': 'B',
  inconclusive: '?',
};
const LEGEND =
  '✓ pass  ✗ product-fail  ! infra-fail  C config-error  B harness-bug  ? inconclusive  · not for that board';
/** More boards than a line can take are told by scenario. */
const WIDEST = 16;

/** A night for people: scenarios by boards, then every reason with every try. Plain text unless `color` is asked for. */
export function formatNight(night: NightSummary, options: { readonly color?: boolean } = {}): string {
  const colors = pc.createColors(options.color ?? false);
  const parts = [
    colors.bold(`night ${night.night}`),
    table(night),
    LEGEND,
    troubles(night, colors),
    boards(night),
    claims(night, colors),
    ...night.findings.map(({ verdict, message }) => colors.red(`${verdict}: ${oneLine(message)}`)),
    ...(night.endedEarly === undefined ? [] : [colors.yellow(`ended early: ${night.endedEarly}`)]),
    ...(night.resume === undefined ? [] : [`go on with: ${night.resume}`]),
    `${describeCounts(night.cells)} in ${formatDuration(Date.parse(night.endedAt) - Date.parse(night.startedAt))}`,
    `verdict: ${paint(night.verdict, colors)}`,
    `night folder: ${night.folder}`,
  ];
  return `${parts.filter((part) => part !== '').join('\n')}\n`;
}

/** Boards say anything: a line of theirs is never one of this text, which CI systems read commands from. */
function oneLine(text: string): string {
  return text.replace(/\s+/g, ' ');
}

/** Boards by column, or with too many of them how many of each scenario came to what. */
function table({ cells, boards: rack }: NightSummary): string {
  const used = rack.filter(({ id }) => cells.some((cell) => cell.boards.includes(id)));
  const scenarios = [...new Set(cells.map((cell) => cell.scenario))];
  const rowsOf = (title: string): NightCell[] => cells.filter((cell) => cell.scenario === title);
  if (used.length > WIDEST) {
    const rows = scenarios.map((title) => [abridge(title, 48), describeCounts(rowsOf(title))]);
    return plainTable([{ head: 'scenario' }, { head: 'boards' }], rows);
  }
  const nowhere = cells.some((cell) => cell.boards.length === 0);
  const heads = [
    { head: 'scenario' },
    ...used.map(({ id }) => ({ head: id })),
    ...(nowhere ? [{ head: '-' }] : []),
  ];
  const rows = scenarios.map((title) => [
    abridge(title, 48),
    ...used.map(({ id }) =>
      marksOf(
        rowsOf(title).filter((cell) => cell.boards.includes(id)),
        '·',
      ),
    ),
    ...(nowhere
      ? [
          marksOf(
            rowsOf(title).filter((cell) => cell.boards.length === 0),
            '',
          ),
        ]
      : []),
  ]);
  return plainTable(heads, rows);
}

function marksOf(cells: readonly NightCell[], none: string): string {
  return cells.length === 0 ? none : cells.map((cell) => markOf(cell)).join(' ');
}

/** With the number of tries when there were several. */
function markOf({ verdict, tries }: NightCell): string {
  return `${MARKS[verdict]}${tries.length > 1 ? `(${tries.length})` : ''}`;
}

/** Whatever did not pass at once, with the reasons of all its tries. */
function troubles({ cells }: NightSummary, colors: Colors): string {
  return cells
    .filter((cell) => cell.verdict !== 'pass' || cell.tries.length > 1)
    .map((cell) => {
      const where = cell.boards.length === 0 ? '' : ` on ${cell.boards.join(', ')}`;
      const head = `${paint(cell.verdict, colors)} ${cell.scenario}${where}${cell.reason === undefined ? '' : `: ${oneLine(cell.reason)}`}`;
      const tries = cell.tries.flatMap((one) => {
        const at = `try ${one.try} on ${one.boards.join(', ')}${one.place === 'local' ? '' : ` (${one.place})`}`;
        const why = one.reasons.length === 0 ? '' : `: ${oneLine(one.reasons.join('; '))}`;
        return `    ${at}: ${one.outcome}${why}${one.runFolder === undefined ? '' : ` (${one.runFolder})`}`;
      });
      return [head, ...tries].join('\n');
    })
    .join('\n');
}

function boards({ boards: rack }: NightSummary): string {
  return describeBoards(rack)
    .map(({ who, why }) => `${who}${why === undefined ? '' : `: ${oneLine(why)}`}`)
    .join('\n');
}

function claims({ claims: all }: NightSummary, colors: Colors): string {
  return all
    .map(({ sweep, title, board, verdict, message }) => {
      const where = board === undefined ? '' : ` (${board})`;
      const mark = verdict === 'pass' ? colors.green(MARKS.pass) : colors.red(MARKS[verdict]);
      return `${mark} ${sweep}${where}: ${title}${message === undefined ? '' : `: ${oneLine(message)}`}`;
    })
    .join('\n');
}

function paint(verdict: Verdict, colors: Colors): string {
  return verdict === 'pass' ? colors.green(verdict) : colors.red(verdict);
}
