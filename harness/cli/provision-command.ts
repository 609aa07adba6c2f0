import { Command } from 'commander';
import { wholeNumber } from './arguments.js';
import type { ProvisionFlags } from './provision.js';

export function provisionCommand(): Command {
  return new Command('provision')
    .description('make a board’s card hold a model, over UART, sending only blocks that differ')
    .argument('<model>', 'model folder or file, or an exported card folder')
    .requiredOption('--board <id>', 'board of the rack; it runs the bench firmware')
    .option(
      '--format <name>',
      'weight format: float32, float16, int8, int4, ternary, ... (firmware/FORMATS.md; default: that of a card or a build, else float32)',
    )
    .option('--tokenizer <file>', 'tokenizer file to put beside the weights')
    .option('--rack <file>', 'rack file (default: rack.yaml here, else the packaged virtual rack)')
    .option('--json', 'print one JSON object on standard output')
    .option(
      '--wait <seconds>',
      'wait so long for a board that is busy (default: until Ctrl-C)',
      wholeNumber(0),
    )
    .action(async (model: string, flags: ProvisionFlags) =>
      (await import('./provision.js')).provisionBoard(model, flags),
    );
}
