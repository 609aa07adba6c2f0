import { Command, Option } from 'commander';
import { GGUF_TYPES } from '../model/gguf/gguf-format.js';
import { WEIGHT_FORMATS } from '../model/weight-format.js';
import { wholeNumber } from './arguments.js';
import type { ExportFlags, ImportFlags, InfoFlags, MakeFlags } from './model.js';
import { tablesCommand } from './model-tables-command.js';
import { collectTensors } from './model-tensors.js';

const model = () => import('./model.js');

export function modelCommand(): Command {
  return new Command('model')
    .description('look at, convert, export and make models')
    .addCommand(infoCommand())
    .addCommand(importCommand())
    .addCommand(exportCommand())
    .addCommand(makeCommand())
    .addCommand(tablesCommand());
}

function infoCommand(): Command {
  return new Command('info')
    .description('shape, sizes and memory of a model')
    .argument('<model>', 'Hugging Face folder, GGUF or llama2.c file, or card folder')
    .option('--context <n>', 'positions of the KV cache', wholeNumber(1))
    .option('--json', 'print one JSON object on standard output')
    .action(async (path: string, flags: InfoFlags) => (await model()).showInfo(path, flags));
}

function importCommand(): Command {
  return new Command('import')
    .description('convert any model that can be read into a Hugging Face folder')
    .argument('<model>', 'GGUF or llama2.c file, card folder or Hugging Face folder')
    .argument('<folder>', 'where to write')
    .addOption(dtypeOption())
    .action(async (path: string, folder: string, flags: ImportFlags) =>
      (await model()).importModel(path, folder, flags),
    );
}

function exportCommand(): Command {
  return new Command('export')
    .description('write the card folder of a model, its matrices in any weight format; or its GGUF file')
    .argument('<model>', 'Hugging Face folder, GGUF or llama2.c file, or card folder')
    .argument('[folder]', 'the card folder (default: its name by format, such as tinyllm_int4_weights)')
    .addOption(
      new Option(
        '--format <name>',
        'weight format of the matrices (default: those that a card or a build has, else float32)',
      ).choices(WEIGHT_FORMATS),
    )
    .option('--tensor <name=format>', 'format of one matrix; may be given several times', collectTensors)
    .addOption(
      new Option(
        '--gguf <type>',
        'write a GGUF file for other tools instead (default name: MODEL-TYPE.gguf)',
      ).choices(GGUF_TYPES),
    )
    .option('--out <path>', 'the card folder or the GGUF file, as the second argument')
    .option('--tokenizer <file>', 'tokenizer file (default: found in or beside the model, when there is one)')
    .action(async (path: string, folder: string | undefined, flags: ExportFlags) =>
      (await model()).exportModel(path, folder, flags),
    );
}

function makeCommand(): Command {
  return new Command('make')
    .description('make a model of a known shape with seeded random weights')
    .argument('<shape>', 'tiny-llm')
    .option('--seed <n>', 'seed of the weights', wholeNumber(0), 1)
    .option('--out <folder>', 'where to write (default: SHAPE-seed-N)')
    .addOption(dtypeOption())
    .action(async (shape: string, flags: MakeFlags) => (await model()).makeSeeded(shape, flags));
}

function dtypeOption(): Option {
  return new Option('--dtype <name>', 'how weights are stored')
    .choices(['float32', 'bfloat16', 'float16'])
    .default('float32');
}
