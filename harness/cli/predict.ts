import { predictAll, predictionTable } from '../bringup/published-speeds.js';
import { loadCostTable } from '../virtual/cost-table.js';

/** Prints predicted against published speeds. */
export function predict(flags: { readonly costTable?: string; readonly json?: boolean }): void {
  const predictions = predictAll(loadCostTable(flags.costTable));
  if (flags.json === true) {
    process.stdout.write(`${JSON.stringify({ predictions })}\n`);
    return;
  }
  process.stdout.write(`${predictionTable(predictions)}\n`);
  process.stdout.write(
    'published: tokens/s; the clock is not published, so both are shown; nothing of the cost table was fitted to these figures\n',
  );
}
