import { Command } from 'commander';
import { ConfigError } from '../errors.js';
import { type CardFolder, exportCard } from '../model/export-card.js';
import type { FloatFormat } from '../model/float-formats.js';
import { makeModel } from '../model/make-model.js';
import { modelHash } from '../model/model-hash.js';
import { modelInfo } from '../model/model-info.js';
import { readCheckpoint } from '../model/read-checkpoint.js';
import { findTokenizer } from '../model/read-tokenizer.js';
import { writeCheckpoint } from '../model/write-checkpoint.js';
import { formatCard, formatModelInfo } from '../sinks/model-table.js';
import { wholeNumber } from './arguments.js';

export function modelCommand(): Command {
  return new Command('model')
    .description('look at, convert, export and make models')
    .addCommand(infoCommand())
    .addCommand(importCommand())
    .addCommand(exportCommand())
    .addCommand(makeCommand());
}

function infoCommand(): Command {
  return new Command('info')
    .description('shape, sizes and memory of a model')
    .argument('<model>', 'Hugging Face folder, llama2.c file or card folder')
    .option('--context <n>', 'positions of the KV cache', wholeNumber(1))
    .option('--json', 'print one JSON object on standard output')
    .action(async (path: string, flags: { context?: number; json?: boolean }) => {
      const checkpoint = await readCheckpoint(path);
      const info = modelInfo(
        checkpoint.config,
        flags.context === undefined ? {} : { contextLength: flags.context },
      );
      const { name, config, source } = checkpoint;
      const hash = modelHash(checkpoint);
      if (flags.json === true)
        process.stdout.write(`${JSON.stringify({ name, source, hash, config, ...info })}\n`);
      else process.stdout.write(formatModelInfo(checkpoint, hash, info));
    });
}

function importCommand(): Command {
  return new Command('import')
    .description('convert any model that can be read into a Hugging Face folder')
    .argument('<model>', 'llama2.c file, card folder or Hugging Face folder')
    .argument('<folder>', 'where to write')
    .option('--dtype <name>', 'float32, bfloat16 or float16', floatFormat, 'float32' as FloatFormat)
    .action(async (path: string, folder: string, flags: { dtype: FloatFormat }) => {
      await writeCheckpoint(await readCheckpoint(path), folder, { format: flags.dtype });
      process.stdout.write(`wrote ${folder} (${flags.dtype})\n`);
    });
}

function exportCommand(): Command {
  return new Command('export')
    .description('write the card folder of a model')
    .argument('<model>', 'Hugging Face folder, llama2.c file or card folder')
    .argument('<folder>', 'the card folder, such as card/tinyllm_float32_weights')
    .option('--format <name>', 'weight format: float32', weightFormat, 'float32')
    .option('--tokenizer <file>', 'tokenizer file (default: found in or beside the model, when there is one)')
    .action(async (path: string, folder: string, flags: { tokenizer?: string }) => {
      const checkpoint = await readCheckpoint(path);
      const found = await findTokenizer(path, checkpoint.config.vocabSize).catch(() => undefined);
      const tokenizerPath = flags.tokenizer ?? found;
      const card = await exportCard(checkpoint, folder, tokenizerPath === undefined ? {} : { tokenizerPath });
      process.stdout.write(formatCard(card, tokenizerPath));
    });
}

function makeCommand(): Command {
  return new Command('make')
    .description('make a model of a known shape with seeded random weights')
    .argument('<shape>', 'tiny-llm')
    .option('--seed <n>', 'seed of the weights', wholeNumber(0), 1)
    .option('--out <folder>', 'where to write (default: SHAPE-seed-N)')
    .option('--dtype <name>', 'float32, bfloat16 or float16', floatFormat, 'float32' as FloatFormat)
    .action(async (shape: string, flags: { seed: number; out?: string; dtype: FloatFormat }) => {
      const folder = flags.out ?? `${shape}-seed-${flags.seed}`;
      await writeCheckpoint(makeModel(shape, { seed: flags.seed }), folder, { format: flags.dtype });
      process.stdout.write(`wrote ${folder}: ${shape} from seed ${flags.seed}, ${flags.dtype}\n`);
    });
}

function floatFormat(text: string): FloatFormat {
  if (text === 'float32' || text === 'bfloat16' || text === 'float16') return text;
  throw new ConfigError('bad-dtype', `--dtype ${text}: it is float32, bfloat16 or float16`);
}

function weightFormat(text: string): CardFolder['weightFormat'] {
  if (text === 'float32') return text;
  throw new ConfigError('bad-format', `--format ${text}: this version exports float32`);
}
