import { Command } from 'commander';
import type { DoctorFlags } from './doctor.js';

export function doctorCommand(): Command {
  return new Command('doctor')
    .description('say what is wrong on this machine, and what to do about it')
    .option('--rack <file>', 'rack file (default: rack.yaml here, else the packaged virtual rack)')
    .option('--hosts', "connect to the rack's hosts too")
    .option('--json', 'print one JSON object on standard output')
    .action(async (flags: DoctorFlags) => (await import('./doctor.js')).diagnose(flags));
}
