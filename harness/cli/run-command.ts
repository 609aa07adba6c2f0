import { Command } from 'commander';
import { collect, collectPairs, wholeNumber } from './arguments.js';
import type { RunFlags } from './run.js';

export function runCommand(): Command {
  return new Command('run')
    .description(
      'run scenarios; without any but with --model or --prompt, an ad-hoc one; with nothing, all of scenarios/',
    )
    .argument('[scenario...]', 'scenario files')
    .option('--model <path>', 'model folder or llama2.c file')
    .option('--tokenizer <file>', 'tokenizer file (default: found in or beside the model)')
    .option(
      '--format <name>',
      'weight format: float32, float16, int8, int4, ternary, ... (firmware/FORMATS.md; default: that of a card or a build, else float32)',
    )
    .option(
      '--strategy <name>',
      'seed: as the seeds stream; fast: the same tokens as fast as the board allows',
    )
    .option(
      '--knob <key=value>',
      'firmware knob, such as screen=checked; may be given several times',
      collectPairs,
    )
    .option('--build <folder>', 'ESP-IDF build folder (default: the virtual board’s own)')
    .option('--firmware <file>', 'description of another project’s firmware, which --build names')
    .option('--card <folder>', 'card folder, used as it is (default: exported from the model)')
    .option('--provision <how>', 'how the card gets the model: uart, reader (virtual boards), none')
    .option('--prompt <text>', 'prompt; may be given several times', collect)
    .option('--tokens <n>', 'new tokens a prompt', wholeNumber(1))
    .option('--repeats <n>', 'measured repeats of every prompt', wholeNumber(1))
    .option('--warmups <n>', 'discarded generations before the first measured one', wholeNumber(0))
    .option('--context <n>', 'positions of the KV cache', wholeNumber(2))
    .option('--rack <file>', 'rack file (default: rack.yaml here, else the packaged virtual rack)')
    .option('--board <id>', 'board of the rack; may be given several times', collect)
    .option('--retries <n>', 'further attempts after an infra-fail', wholeNumber(0))
    .option(
      '--wait <seconds>',
      'wait so long for a board that is busy (default: until Ctrl-C)',
      wholeNumber(0),
    )
    .option(
      '--sink <name>',
      'where metrics go: influx, none; may be given several times (default: influx when it is configured)',
      collect,
    )
    .option('--suite <name>', 'label of the run: the series it belongs to, such as nightly (default: adhoc)')
    .option('--channel <name>', 'label of the run: where the build comes from (default: dev)')
    .option('--arm <name>', 'label of the run: candidate or reference (default: candidate)')
    .option('--json', 'print one JSON object on standard output, and nothing else there')
    .action(async (files: string[], flags: RunFlags) => (await import('./run.js')).run(files, flags));
}
