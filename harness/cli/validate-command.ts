import { Command } from 'commander';
import { wholeNumber } from './arguments.js';
import { screenOption } from './quantize-screen.js';
import type { ValidateFlags } from './validate.js';

export function validateCommand(): Command {
  return new Command('validate')
    .description('hold a quantized model against its float32 original: quality, size, speed, faults')
    .argument('<original>', 'Hugging Face folder, llama2.c file or card folder, in float32')
    .argument('<quantized>', 'folder that `tokenrack quantize` wrote, or card folder')
    .option('--test <file>', 'test text, documents between blank lines')
    .option(
      '--tokens <n>',
      'positions of the test text, at most (default: all; 1,000 to be accepted)',
      wholeNumber(1),
    )
    .option('--tokenizer <file>', 'tokenizer file (default: found in or beside the model)')
    .option('--no-speed', 'do not run on the virtual board: nothing is accepted then')
    .addOption(screenOption())
    .option(
      '--task <file>',
      'questions, {"prompt", "choices", "answer"} a line: accuracy down by less than 2 points will do as well',
    )
    .option('--threads <n>', 'threads that score (default: one a core, at most 8)', wholeNumber(1))
    .option('--json', 'print the report as one JSON object on standard output')
    .addHelpText('after', '\nExit codes: 0 accepted, 1 not accepted, 2 config-error')
    .action(async (original: string, quantized: string, flags: ValidateFlags) =>
      (await import('./validate.js')).validate(original, quantized, flags),
    );
}
