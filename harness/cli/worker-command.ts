import { Command } from 'commander';

export function workerCommand(): Command {
  return new Command('worker')
    .description('take jobs from a queue whenever boards of this machine are free for them')
    .option(
      '--queue <url>',
      'Redis, such as redis://lab-1:6379; rediss:// for TLS (default: TOKENRACK_QUEUE, which keeps a password out of `ps`)',
    )
    .option('--rack <file>', 'rack file (default: rack.yaml here, else the packaged virtual rack)')
    .option('--name <name>', 'what people call it (default: the machine’s name)')
    .option('--json', 'print one JSON object on standard output when it ends')
    .addHelpText(
      'after',
      '\nCtrl-C or SIGTERM ends it when its jobs are done; a second one gives them back to the queue at once.',
    )
    .action(async (flags) => (await import('./worker.js')).work(flags));
}
