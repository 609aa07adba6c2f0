import { formatQuantity } from '../results/quantity.js';
import { plainTable } from './plain-table.js';
import { SEED_CLAIMS } from './seed-tables.js';
import { type NamedRun, strategyFacts } from './strategy-facts.js';

/** The seeds' strategy, as it runs here, beside what seeds 001 and 002 say of it. */
export function seedClaimsTable(runs: readonly NamedRun[]): string {
  const right = (head: string) => ({ head, align: 'right' as const });
  const rows = runs.map((run) => {
    const facts = strategyFacts(run);
    const claim = SEED_CLAIMS[facts.format];
    return [
      facts.format,
      facts.cardMode,
      facts.bounceBuffer ? 'yes' : 'no',
      facts.decodeRate === undefined ? '' : formatQuantity(facts.decodeRate, 'tokens/s'),
      claim?.speed ?? '',
      facts.psramPeak === undefined ? '' : formatQuantity(facts.psramPeak, 'bytes'),
      claim === undefined ? '' : formatQuantity(claim.peakBytes, 'bytes'),
    ];
  });
  const columns = [
    { head: 'format' },
    { head: 'card' },
    { head: 'bounce buffer' },
    right('decode'),
    right('seeds'),
    right('peak PSRAM'),
    right('seeds'),
  ];
  return `${plainTable(columns, rows)}\nclock: modelled where a board is virtual; components of the peak stand in each run's summary\n`;
}
