import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { packageRoot } from '../paths.js';

/** The one place where the process environment is read. */
export interface Environment {
  /** Where virtual boards keep flash and card, and builds their cache. `TOKENRACK_STATE`, default `.tokenrack`. */
  readonly stateFolder: string;
  /** Where run folders go. `TOKENRACK_RUNS`, default `runs`. */
  readonly runsFolder: string;
  /** Folder of real models for tests, when there is one. `TOKENRACK_MODELS`, default `../shared/models`. */
  readonly modelsFolder: string | undefined;
  /** Words of the command that is a real esptool, for tests. `TOKENRACK_ESPTOOL`, such as `python3 -m esptool`. */
  readonly esptoolCommand: readonly string[] | undefined;
  /** How many seeded trials the tests of power cuts run, instead of CI's few. `TOKENRACK_TRIALS`. */
  readonly trials: number | undefined;
  /** ESP-IDF's own checkout, to type-check the ESP32 port against. `IDF_PATH`, as ESP-IDF itself has it. */
  readonly idfFolder: string | undefined;
  /** Optional tools whose absence fails their tests instead of skipping them. `TOKENRACK_REQUIRE`, such as `xtensa`. */
  readonly requiredTools: readonly string[];
}

export function readEnvironment(env: NodeJS.ProcessEnv = process.env): Environment {
  const models = resolve(env.TOKENRACK_MODELS ?? join(packageRoot, '..', 'shared', 'models'));
  return {
    stateFolder: resolve(env.TOKENRACK_STATE ?? '.tokenrack'),
    runsFolder: resolve(env.TOKENRACK_RUNS ?? 'runs'),
    modelsFolder: existsSync(models) ? models : undefined,
    trials: env.TOKENRACK_TRIALS === undefined ? undefined : Number(env.TOKENRACK_TRIALS),
    esptoolCommand: env.TOKENRACK_ESPTOOL === undefined ? undefined : words(env.TOKENRACK_ESPTOOL),
    idfFolder: env.IDF_PATH === undefined || env.IDF_PATH === '' ? undefined : resolve(env.IDF_PATH),
    requiredTools: words(env.TOKENRACK_REQUIRE ?? ''),
  };
}

function words(text: string): string[] {
  return text.split(' ').filter((word) => word !== '');
}
