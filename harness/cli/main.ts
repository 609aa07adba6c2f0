#!/usr/bin/env node
import { Command, CommanderError } from 'commander';
import { EXIT_CODES } from '../results/verdict.js';
import { tokenrackVersion } from '../version.js';
import { backfillCommand } from './backfill-command.js';
import { boardsCommand } from './boards-command.js';
import { bringupCommand } from './bringup-command.js';
import { compareCommand } from './compare-command.js';
import { dashboardsCommand } from './dashboards-command.js';
import { doctorCommand } from './doctor-command.js';
import { exitWith, jsonOf, leave } from './exit.js';
import { flashCommand } from './flash-command.js';
import { hostCommand } from './host-command.js';
import { leaseCommand } from './lease-command.js';
import { modelCommand } from './model-command.js';
import { monitorCommand } from './monitor-command.js';
import { nightlyCommand } from './nightly-command.js';
import { powerCommand } from './power-command.js';
import { predictCommand } from './predict-command.js';
import { provisionCommand } from './provision-command.js';
import { quantizeCommand } from './quantize-command.js';
import { rackCommand } from './rack-command.js';
import { replayCommand } from './replay-command.js';
import { resetCommand } from './reset-command.js';
import { runCommand } from './run-command.js';
import { sinkCommand } from './sink-command.js';
import { validateCommand } from './validate-command.js';
import { virtualCommand } from './virtual-command.js';
import { workerCommand } from './worker-command.js';

const program = new Command('tokenrack')
  .description('Test harness and benchmark lab for language-model inference on ESP32-CAM boards')
  .version(tokenrackVersion)
  .showSuggestionAfterError();

for (const command of [
  runCommand(),
  nightlyCommand(),
  replayCommand(),
  boardsCommand(),
  rackCommand(),
  leaseCommand(),
  bringupCommand(),
  flashCommand(),
  provisionCommand(),
  resetCommand(),
  powerCommand(),
  predictCommand(),
  monitorCommand(),
  sinkCommand(),
  backfillCommand(),
  modelCommand(),
  quantizeCommand(),
  validateCommand(),
  compareCommand(),
  virtualCommand(),
  dashboardsCommand(),
  doctorCommand(),
  workerCommand(),
]) {
  program.addCommand(command);
}
program.addCommand(hostCommand(), { hidden: true });
program.addHelpText(
  'after',
  '\nExit codes: 0 pass, 1 product-fail, 2 config-error, 3 infra-fail, 4 harness-bug, 5 inconclusive',
);
program.hook('preAction', (_, command) => requireFolders(command.name()));
overrideExit(program);

// `tokenrack ... | head` ends when head has seen enough: nothing is wrong then.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
  process.exit();
});

try {
  await program.parseAsync();
} catch (error) {
  const json = process.argv.includes('--json');
  if (error instanceof CommanderError) leaveCommander(error, json);
  else exitWith(error, json);
}
leave();

/** Commander has said it on standard error already. */
function leaveCommander({ exitCode, message }: CommanderError, json: boolean): void {
  process.exitCode = exitCode === 0 ? 0 : EXIT_CODES['config-error'];
  if (json && exitCode !== 0) process.stdout.write(jsonOf({ class: 'config-error', message }));
}

/** The doctor names them beside all else that it finds. */
async function requireFolders(command: string): Promise<void> {
  if (command === 'doctor') return;
  const { readEnvironment } = await import('../config/environment.js');
  const { requireOwnFolders } = await import('../config/no-folder.js');
  await requireOwnFolders(readEnvironment());
}

/** Bad arguments are a config-error (2), in every subcommand; commander itself would exit with 1. */
function overrideExit(command: Command): void {
  command.exitOverride();
  for (const sub of command.commands) overrideExit(sub);
}
