import { resolve } from 'node:path';
import { Command } from 'commander';
import type { RunResult } from '../results/result.js';
import { combineVerdicts, EXIT_CODES } from '../results/verdict.js';
import type { Overrides } from '../scenario/overrides.js';
import { openSession, type SessionOptions } from '../scenario/session.js';
import { collect, wholeNumber } from './arguments.js';
import { interruptSignal } from './exit.js';
import { LiveView } from './live-view.js';
import { runSuites, type SuiteOutcome } from './run-suites.js';

interface RunFlags {
  readonly model?: string;
  readonly tokenizer?: string;
  readonly format?: string;
  readonly build?: string;
  readonly card?: string;
  readonly prompt?: string[];
  readonly tokens?: number;
  readonly repeats?: number;
  readonly warmups?: number;
  readonly context?: number;
  readonly rack?: string;
  readonly board?: string[];
  readonly retries?: number;
  readonly json?: boolean;
}

export function runCommand(): Command {
  return new Command('run')
    .description(
      'run scenarios; without any but with --model or --prompt, an ad-hoc one; with nothing, all of scenarios/',
    )
    .argument('[scenario...]', 'scenario files')
    .option('--model <path>', 'model folder or llama2.c file')
    .option('--tokenizer <file>', 'tokenizer file (default: found in or beside the model)')
    .option('--format <name>', 'weight format: float32')
    .option('--build <folder>', 'ESP-IDF build folder (default: the virtual board’s own)')
    .option('--card <folder>', 'card folder, used as it is (default: exported from the model)')
    .option('--prompt <text>', 'prompt; may be given several times', collect)
    .option('--tokens <n>', 'new tokens a prompt', wholeNumber(1))
    .option('--repeats <n>', 'measured repeats of every prompt', wholeNumber(1))
    .option('--warmups <n>', 'discarded generations before the first measured one', wholeNumber(0))
    .option('--context <n>', 'positions of the KV cache', wholeNumber(2))
    .option('--rack <file>', 'rack file (default: rack.yaml here, else the packaged virtual rack)')
    .option('--board <id>', 'board of the rack; may be given several times', collect)
    .option('--retries <n>', 'further attempts after an infra-fail', wholeNumber(0))
    .option('--json', 'print one JSON object on standard output, and nothing else there')
    .action((files: string[], flags: RunFlags) => run(files, flags));
}

async function run(files: readonly string[], flags: RunFlags): Promise<void> {
  const results: RunResult[] = [];
  const out = flags.json === true ? process.stderr : process.stdout;
  const view = new LiveView(out);
  const options: SessionOptions = {
    overrides: overridesOf(flags),
    ...(flags.rack === undefined ? {} : { rack: flags.rack }),
    ...(flags.board === undefined ? {} : { boards: flags.board }),
    ...(flags.retries === undefined ? {} : { retries: flags.retries }),
    onEvent: (event) => view.show(event),
    onResult: (result) => {
      results.push(result);
      view.result(result);
    },
    signal: interruptSignal(),
  };
  openSession(options);
  const adHoc = files.length === 0 && (flags.prompt !== undefined || flags.model !== undefined);
  const outcome = await runSuites(adHoc ? 'ad-hoc' : files.map((file) => resolve(file)));
  conclude(results, outcome, flags.json === true);
}

function overridesOf(flags: RunFlags): Overrides {
  const { prompt, rack: _rack, board: _board, retries: _retries, json: _json, ...plain } = flags;
  return { ...plain, ...(prompt === undefined ? {} : { prompts: prompt }) };
}

function conclude(results: readonly RunResult[], outcome: SuiteOutcome, json: boolean): void {
  const verdict = combineVerdicts([
    ...results.map((result) => result.verdict),
    ...outcome.failures.map((one) => one.class),
  ]);
  for (const failure of outcome.failures)
    process.stderr.write(`tokenrack: ${failure.class}: ${failure.message}\n`);
  if (json) process.stdout.write(`${JSON.stringify(jsonOf(results, outcome, verdict))}\n`);
  process.exitCode = EXIT_CODES[verdict];
}

/** One run: its result itself (DESIGN "The command line"). Otherwise a verdict over all, and the runs. */
function jsonOf(results: readonly RunResult[], { failures }: SuiteOutcome, verdict: string): unknown {
  if (results.length === 1 && failures.length === 0) return results[0];
  return { verdict, runs: results, failures };
}
