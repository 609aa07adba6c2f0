import type { Verdict } from '../results/verdict.js';
import {
  describeBoards,
  describeCounts,
  formatDuration,
  type NightCell,
  type NightSummary,
} from './night-summary.js';

const SYMBOLS: Readonly<Record<Verdict, string>> = {
  pass: '✅',
  'product-fail': '❌',
  'infra-fail': '🔌',
  'config-error': '⚙️',
  'harness-bug': '🐛',
  inconclusive: '❔',
};
/** A job page takes 1 MiB (GitHub); so many rows stay far below it. */
const MOST_ROWS = 500;
const MOST_REASON = 300;

/** A night as a CI system's page of the job: Markdown that GitHub and GitLab both show. */
export function formatCiSummary(night: NightSummary): string {
  const took = formatDuration(Date.parse(night.endedAt) - Date.parse(night.startedAt));
  const parts = [
    `## ${SYMBOLS[night.verdict]} tokenrack nightly: ${night.verdict}`,
    `${describeCounts(night.cells)} in ${took}, exit code ${night.exitCode}`,
    night.endedEarly === undefined ? '' : `Ended early: ${text(night.endedEarly)}`,
    grid(night),
    troubles(night),
    claims(night),
    boards(night),
    night.findings.map(({ verdict, message }) => `- ${SYMBOLS[verdict]} ${text(message)}`).join('\n'),
    night.resume === undefined ? '' : `Go on with \`${night.resume}\``,
  ];
  return `${parts.filter((part) => part !== '').join('\n\n')}\n`;
}

function grid({ cells, boards: rack }: NightSummary): string {
  const used = rack.filter(({ id }) => cells.some((cell) => cell.boards.includes(id)));
  const scenarios = [...new Set(cells.map((cell) => cell.scenario))].slice(0, MOST_ROWS);
  const rows = scenarios.map((title) => {
    const own = cells.filter((cell) => cell.scenario === title);
    const marks = used.map(({ id }) => marksOf(own.filter((cell) => cell.boards.includes(id))));
    const nowhere = own.some((cell) => cell.boards.length === 0) ? ` ${SYMBOLS.inconclusive}` : '';
    return [`${text(title)}${nowhere}`, ...marks];
  });
  return tableOf(['scenario', ...used.map(({ id }) => id)], rows);
}

function marksOf(cells: readonly NightCell[]): string {
  return cells
    .map(({ verdict, tries }) => `${SYMBOLS[verdict]}${tries.length > 1 ? ` (${tries.length} tries)` : ''}`)
    .join(' ');
}

function troubles({ cells }: NightSummary): string {
  const bad = cells.filter((cell) => cell.verdict !== 'pass' || cell.tries.length > 1);
  if (bad.length === 0) return '';
  const rows = bad
    .slice(0, MOST_ROWS)
    .map((cell) => [
      `${SYMBOLS[cell.verdict]} ${cell.verdict}`,
      text(cell.scenario),
      cell.boards.join(', '),
      text(cell.reason ?? ''),
      cell.tries.map((one) => text(`${one.try}: ${[one.outcome, ...one.reasons].join('; ')}`)).join('<br>'),
    ]);
  const rest = bad.length > MOST_ROWS ? `\n\n${bad.length - MOST_ROWS} more stand in summary.txt` : '';
  const head = `<details open><summary>${bad.length} not passed at the first try</summary>`;
  return `${head}\n\n${tableOf(['verdict', 'scenario', 'board', 'reason', 'tries'], rows)}${rest}\n\n</details>`;
}

function claims({ claims: all }: NightSummary): string {
  return all
    .map(({ sweep, title, board, verdict, message }) => {
      const where = board === undefined ? '' : ` (${board})`;
      return `- ${SYMBOLS[verdict]} ${text(sweep)}${where}: ${text(title)}${message === undefined ? '' : `: ${text(message)}`}`;
    })
    .join('\n');
}

function boards({ boards: rack }: NightSummary): string {
  return describeBoards(rack)
    .map(({ who, why = '' }) => `- ${who}${why === '' ? '' : `: ${text(why)}`}`)
    .join('\n');
}

function tableOf(heads: readonly string[], rows: readonly (readonly string[])[]): string {
  if (rows.length === 0) return '';
  return [heads, heads.map(() => '---'), ...rows].map((row) => `| ${row.join(' | ')} |`).join('\n');
}

/** As it is, in a cell: what a board said makes no table, no tag and no link. */
function text(raw: string): string {
  const line = raw.replace(/\s+/g, ' ').trim();
  const short = line.length <= MOST_REASON ? line : `${line.slice(0, MOST_REASON - 1)}…`;
  return short.replace(/[\\`*_[\]<>|~#&@]/g, (character) => `&#${character.codePointAt(0)};`);
}
