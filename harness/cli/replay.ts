import { deriveResult } from '../bench/derive.js';
import { RunFolder } from '../results/run-folder.js';
import { EXIT_CODES } from '../results/verdict.js';
import { formatSummary } from '../sinks/summary.js';

/** Derives a run's result from its folder again and prints it; the exit code is the verdict's. */
export async function replay(path: string, flags: { readonly json?: boolean }): Promise<void> {
  const result = await deriveResult(await RunFolder.open(path));
  process.stdout.write(flags.json === true ? `${JSON.stringify(result)}\n` : formatSummary(result));
  process.exitCode = EXIT_CODES[result.verdict];
}
