import { Command, Option } from 'commander';
import { SEED_TABLES } from '../quantization/tables/table-recipes.js';
import { wholeNumber } from './arguments.js';
import type { TablesFlags } from './model-tables.js';

export function tablesCommand(): Command {
  return new Command('tables')
    .description("the seeds' tables of quantized builds, measured, beside what the seeds claim")
    .argument('<model>', 'Hugging Face folder, llama2.c file or card folder, in float32')
    .addOption(new Option('--seed <number>', 'only this seed (default: both)').choices(SEED_TABLES))
    .option(
      '--builds <folder>',
      'read the reports of builds that tokenrack quantize made there, and make none',
    )
    .option('--qat', 'also train at 1.58 bits and 1 bit: minutes each')
    .option('--calibration <file>', 'calibration text, documents between blank lines')
    .option('--test <file>', 'test text, likewise')
    .option('--training <file>', 'text that qat trains on, likewise')
    .option(
      '--tokens <n>',
      'positions of the test text, at most (default: all; 1,000 to be accepted)',
      wholeNumber(1),
    )
    .option('--tokenizer <file>', 'tokenizer file (default: found in or beside the model)')
    .option('--no-speed', 'do not run on the virtual board')
    .option('--threads <n>', 'threads that score (default: one a core, at most 8)', wholeNumber(1))
    .option('--out <folder>', 'keep the builds there, with tables.txt, tables.json and report.html')
    .option('--json', 'print one JSON object on standard output')
    .action(async (model: string, flags: TablesFlags) =>
      (await import('./model-tables.js')).showTables(model, flags),
    );
}
