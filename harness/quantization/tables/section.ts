import { type Column, plainTable } from '../../sinks/plain-table.js';
import { BASES, type Basis, type Claim, countClaims } from './claim.js';

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

/** How the claims of all sections came out, in one line, measured and other ones apart. */
export function tally(claims: readonly Claim[]): string {
  if (claims.length === 0) return '';
  const counts = countClaims(claims);
  const decided = BASES.flatMap((basis) => {
    const { yes, no } = counts[basis];
    return yes + no === 0 ? [] : [`${BASIS_NAMES[basis]}: ${yes} hold, ${no} do not`];
  });
  const open = BASES.reduce((sum, basis) => sum + counts[basis]['not measured'], 0);
  return [`${claims.length} claims`, ...decided, `not measured here: ${open}`].join('; ');
}

const BASIS_NAMES: Readonly<Record<Basis, string>> = {
  measured: 'measured',
  arithmetic: "by arithmetic on the seed's own figures or the model's shape",
  definition: 'by definition of the grid',
  exists: 'exists here',
};

function failure({ where, claim, measured, holds, basis, why }: Claim): string[] {
  if (holds !== 'no') return [];
  return [
    `does not hold (${basis}): ${where}: "${claim}"; found ${measured}${why === '' ? '' : ` (${why})`}`,
  ];
}
