import { type Column, plainTable } from '../../sinks/plain-table.js';
import { type Claim, countClaims } from './claim.js';

/** One table of a seed, with our figures beside its own. */
export interface TableSection {
  readonly title: string;
  readonly columns: readonly Column[];
  readonly rows: readonly (readonly string[])[];
  readonly claims: readonly Claim[];
  /** Definitions, rules and conditions, one line each. */
  readonly notes: readonly string[];
}

export const right = (head: string): Column => ({ head, align: 'right' });

/** A table, its notes, and a line for every claim that does not hold. */
export function formatSection({ title, columns, rows, claims, notes }: TableSection): string {
  const table = rows.length === 0 ? [] : [plainTable(columns, rows)];
  return [title, '-'.repeat(title.length), ...table, ...notes, ...claims.flatMap(failure), tally(claims)]
    .filter((line) => line !== '')
    .join('\n');
}

/** How the claims of all sections came out, in one line. */
export function tally(claims: readonly Claim[]): string {
  if (claims.length === 0) return '';
  const { yes, no, 'not measured': open } = countClaims(claims);
  return `of ${claims.length} claims ${yes} hold, ${no} do not, ${open} were not measured here`;
}

function failure({ where, claim, measured, holds, why }: Claim): string[] {
  if (holds !== 'no') return [];
  return [`does not hold: ${where}: "${claim}"; found ${measured}${why === '' ? '' : ` (${why})`}`];
}
