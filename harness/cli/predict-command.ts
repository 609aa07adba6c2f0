import { Command } from 'commander';

export function predictCommand(): Command {
  return new Command('predict')
    .description('what the cost table predicts for boards whose speed others published, beside their figures')
    .option('--cost-table <file>', 'cost table (default: fixtures/hardware/esp32cam.json)')
    .option('--json', 'print one JSON object on standard output')
    .action(async (flags: { costTable?: string; json?: boolean }) =>
      (await import('./predict.js')).predict(flags),
    );
}
