import { Command } from 'commander';

export function rackCommand(): Command {
  const rack = new Command('rack').description('find, describe and check the boards of the rack');
  rack
    .command('schema')
    .description('print the JSON Schema of rack.yaml, for editors')
    .action(async () => (await import('./rack.js')).printSchema());
  return rack;
}
