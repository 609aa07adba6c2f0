import { Command } from 'commander';
import type { HostFlags, RunJobFlags } from './host.js';

/** What a controller starts on a rack host, and what that starts for a job: neither is for people, nor shown to them. */
export function hostCommand(): Command {
  const command = new Command('host')
    .description('answers a controller on standard input and output (harness/farm/FARM.md)')
    .option('--state <folder>', 'where jobs, blobs and virtual boards are kept (default: TOKENRACK_STATE)')
    .action(async (flags: HostFlags) => (await import('./host.js')).host(flags));
  command
    .command('run-job')
    .description('runs the job in a folder that `job.start` made')
    .argument('<folder>', 'jobs/ID/try-N')
    .option('--tied', 'end when standard input does')
    .action(async (folder: string, flags: RunJobFlags) => (await import('./host.js')).runJob(folder, flags));
  return command;
}
