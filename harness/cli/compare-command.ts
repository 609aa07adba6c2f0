import { Command } from 'commander';
import { collect, wholeNumber } from './arguments.js';
import type { CompareFlags } from './compare.js';

export function compareCommand(): Command {
  return new Command('compare')
    .description('what a quantized model writes, beside what its float32 original writes')
    .argument('<original>', 'Hugging Face folder, llama2.c file or card folder, in float32')
    .argument('<quantized>', 'folder that `tokenrack quantize` wrote, or card folder')
    .option('--prompt <text>', 'a prompt, or a YAML file of prompts; several times (default: five)', collect)
    .option('--tokens <n>', 'new tokens of a prompt (default: 96)', wholeNumber(1))
    .option('--tokenizer <file>', 'tokenizer file (default: found in or beside the model)')
    .option('--json', 'print one JSON object on standard output')
    .addHelpText('after', '\nExit codes: 0 no generation fault, 1 a fault, 2 config-error')
    .action(async (original: string, quantized: string, flags: CompareFlags) =>
      (await import('./compare.js')).compare(original, quantized, flags),
    );
}
