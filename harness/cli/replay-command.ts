import { Command } from 'commander';
import { deriveResult } from '../bench/derive.js';
import { RunFolder } from '../results/run-folder.js';
import { EXIT_CODES } from '../results/verdict.js';
import { formatSummary } from '../sinks/summary.js';

export function replayCommand(): Command {
  return new Command('replay')
    .description('parse and judge a run folder again, without a board')
    .argument('<run>', 'run folder')
    .option('--json', 'print one JSON object on standard output')
    .action(async (path: string, flags: { json?: boolean }) => {
      const result = await deriveResult(await RunFolder.open(path));
      process.stdout.write(flags.json === true ? `${JSON.stringify(result)}\n` : formatSummary(result));
      process.exitCode = EXIT_CODES[result.verdict];
    });
}
