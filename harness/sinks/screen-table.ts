import { formatQuantity } from '../results/quantity.js';
import { plainTable } from './plain-table.js';
import { type NamedRun, strategyFacts } from './strategy-facts.js';

/** How often the rows that a screen chose left out the winner: every token is held against the reference, which knows it. */
export function screenTable(runs: readonly NamedRun[]): string {
  const right = (head: string) => ({ head, align: 'right' as const });
  const rows = runs.map((run) => {
    const facts = strategyFacts(run);
    const ranks = run.result.measurements
      .filter((one) => one.name === 'screen_rank_max')
      .map((one) => one.value);
    return [
      run.name,
      String(facts.tokensTotal),
      String(facts.tokensTotal - facts.tokensEqual),
      facts.exactRows === undefined ? '' : formatQuantity(facts.exactRows, 'count'),
      ranks.length === 0 ? '' : String(Math.max(...ranks)),
      facts.decodeRate === undefined ? '' : formatQuantity(facts.decodeRate, 'tokens/s'),
    ];
  });
  const columns = [
    { head: 'run' },
    right('tokens'),
    right('not the winner'),
    right('rows a token'),
    right('deepest rank of the winner'),
    right('decode'),
  ];
  return `${plainTable(columns, rows)}\nclock: modelled where a board is virtual; the counts are exact\n`;
}
