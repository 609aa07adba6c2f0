import { Command } from 'commander';
import { collect, wholeNumber } from './arguments.js';
import type { QuantizeFlags } from './quantize.js';
import { screenOption } from './quantize-screen.js';

export function quantizeCommand(): Command {
  return new Command('quantize')
    .description('make builds of models by recipes, and validate each: quality, size, speed, faults')
    .argument('<model...>', 'Hugging Face folder, llama2.c file or card folder, in float32')
    .requiredOption(
      '--out <folder>',
      'where builds are written: one folder each, and quantization_summary.json',
    )
    .option('--method <names>', 'naive, nearest, clip, gptq, awq or qat; several with commas (default: gptq)')
    .option('--bits <numbers>', '8 to 2, 1.58 or 1; several with commas, each with each method (default: 4)')
    .option('--group <size>', 'weights that share a scale: a number, row or tensor')
    .option('--zero-point', 'asymmetric: a zero point for each scale (no card format has one)')
    .option('--threshold <share>', '1.58 bits: share of the mean magnitude below which weights become 0')
    .option('--act-order', 'gptq: columns in falling order of their activations')
    .option('--damping <share>', 'gptq: share of the mean diagonal that is added to it')
    .option('--steps <n>', 'qat: steps of training (default: 1200)', wholeNumber(1))
    .option(
      '--keep <pattern=what>',
      'matrices treated otherwise: a float format or bits, such as lm_head=8',
      collect,
    )
    .option(
      '--recipe <file>',
      'YAML file with a recipe, instead of the options above; several times',
      collect,
    )
    .option(
      '--budget <size>',
      'bits for each matrix, so that the weight files take at most so much, such as 4MB',
    )
    .option(
      '--psram <size>',
      'likewise, so that all a token multiplies fits PSRAM beside KV cache and logits',
    )
    .option('--samples <n>', 'documents of calibration text, at most (default: 512)', wholeNumber(1))
    .option('--length <n>', 'tokens of a calibration document, at most (default: 256)', wholeNumber(2))
    .option('--calibration <file>', 'calibration text, documents between blank lines')
    .option('--test <file>', 'test text, likewise')
    .option('--training <file>', 'text that qat trains on, likewise')
    .option(
      '--tokens <n>',
      'positions of the test text, at most (default: all; 1,000 to be accepted)',
      wholeNumber(1),
    )
    .option('--tokenizer <file>', 'tokenizer file (default: found in or beside the model)')
    .option('--no-validate', 'write the builds and stop')
    .option('--no-speed', 'do not run on the virtual board: nothing is accepted then')
    .option('--ladder', 'on failure: more calibration, 8 bits, qat, other checkpoints, a report')
    .option('--checkpoint <model>', 'another checkpoint for the ladder; several times', collect)
    .addOption(screenOption())
    .option(
      '--task <file>',
      'questions, {"prompt", "choices", "answer"} a line: accuracy down by less than 2 points will do as well',
    )
    .option('--threads <n>', 'threads that score (default: one a core, at most 8)', wholeNumber(1))
    .option('--json', 'print one JSON object on standard output')
    .addHelpText(
      'after',
      '\nExit codes: 0 a build was accepted (or not validated), 1 none was, 2 config-error',
    )
    .action(async (models: string[], flags: QuantizeFlags) =>
      (await import('./quantize.js')).quantize(models, flags),
    );
}
