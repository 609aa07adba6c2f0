import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { packageRoot } from '../paths.js';
import { parseTimes, type Times } from './times.js';

/** The one place where the process environment is read. */
export interface Environment {
  /** Where virtual boards keep flash and card, and builds their cache. `TOKENRACK_STATE`, default `.tokenrack`. */
  readonly stateFolder: string;
  /** Where leases and health of real boards are kept, for all users of this machine. `TOKENRACK_MACHINE`, default below. */
  readonly machineFolder: string;
  /** Where run folders go. `TOKENRACK_RUNS`, default `runs`. */
  readonly runsFolder: string;
  /** Where real models for tests are looked for. `TOKENRACK_MODELS`, default `../shared/models`. */
  readonly modelsPlace: string;
  /** The same, when there is such a folder. */
  readonly modelsFolder: string | undefined;
  /** Words of the command that is a real esptool, for tests. `TOKENRACK_ESPTOOL`, such as `python3 -m esptool`. */
  readonly esptoolCommand: readonly string[] | undefined;
  /** How many seeded trials the tests of power cuts run, instead of CI's few. `TOKENRACK_TRIALS`. */
  readonly trials: number | undefined;
  /** ESP-IDF's own checkout, to type-check the ESP32 port against. `IDF_PATH`, as ESP-IDF itself has it. */
  readonly idfFolder: string | undefined;
  /** Optional tools whose absence fails their tests instead of skipping them. `TOKENRACK_REQUIRE`, such as `xtensa`. */
  readonly requiredTools: readonly string[];
  /** Socket of the SSH agent. `SSH_AUTH_SOCK`, as OpenSSH itself has it. */
  readonly sshAgentSocket: string | undefined;
  /** Redis of the queue, with its password when it has one: never printed. `TOKENRACK_QUEUE`. */
  readonly queueUrl: string | undefined;
  /** `TOKENRACK_TIMES`, such as `lease=2 away=8 lock=3`, in seconds. */
  readonly times: Times;
  /** Where metrics go. Secrets are in here: it is never printed or kept. */
  readonly influx: InfluxEnvironment;
}

/** `TOKENRACK_INFLUX_...`, each absent when unset or empty. */
export interface InfluxEnvironment {
  /** `_FILE`: a YAML file with what follows; a variable that is set takes precedence over the file. */
  readonly file?: string;
  /** `_URL`: `http://HOST:8086` or `https://...` */
  readonly url?: string;
  /** `_DATABASE` */
  readonly database?: string;
  /** `_USER`, `_PASSWORD` (InfluxDB 1.x) */
  readonly user?: string;
  readonly password?: string;
  /** `_TOKEN` (InfluxDB 2.x and 3.x) */
  readonly token?: string;
  /** `_CA`: file of certificates (PEM) to trust instead of the system's. */
  readonly ca?: string;
  /** `_REPORT_BASE`: URL under which run folders can be seen. */
  readonly report_base?: string;
}

export function readEnvironment(env: NodeJS.ProcessEnv = process.env): Environment {
  const modelsPlace = resolve(env.TOKENRACK_MODELS ?? join(packageRoot, '..', 'shared', 'models'));
  return {
    stateFolder: resolve(env.TOKENRACK_STATE ?? '.tokenrack'),
    machineFolder: machineFolder(env),
    runsFolder: resolve(env.TOKENRACK_RUNS ?? 'runs'),
    modelsPlace,
    modelsFolder: existsSync(modelsPlace) ? modelsPlace : undefined,
    trials: env.TOKENRACK_TRIALS === undefined ? undefined : Number(env.TOKENRACK_TRIALS),
    esptoolCommand: env.TOKENRACK_ESPTOOL === undefined ? undefined : words(env.TOKENRACK_ESPTOOL),
    idfFolder: env.IDF_PATH === undefined || env.IDF_PATH === '' ? undefined : resolve(env.IDF_PATH),
    requiredTools: words(env.TOKENRACK_REQUIRE ?? ''),
    sshAgentSocket: env.SSH_AUTH_SOCK === '' ? undefined : env.SSH_AUTH_SOCK,
    queueUrl: env.TOKENRACK_QUEUE === '' ? undefined : env.TOKENRACK_QUEUE,
    times: parseTimes(env.TOKENRACK_TIMES ?? ''),
    influx: readInflux(env),
  };
}

/** For a child process that keeps its things in the same places, whatever its working folder is. */
export function environmentFor(
  {
    stateFolder,
    machineFolder,
    runsFolder,
  }: Pick<Environment, 'stateFolder' | 'machineFolder' | 'runsFolder'>,
  env: NodeJS.ProcessEnv = process.env,
): NodeJS.ProcessEnv {
  const folders = {
    TOKENRACK_STATE: stateFolder,
    TOKENRACK_MACHINE: machineFolder,
    TOKENRACK_RUNS: runsFolder,
  };
  return { ...env, ...folders };
}

/** Shared by all users, when somebody made it (`install -d -m 1777 /var/lib/tokenrack`). */
const SHARED_FOLDER = '/var/lib/tokenrack';

/** `TOKENRACK_MACHINE`; else the shared folder, when there is one; else this user's own. */
function machineFolder(env: NodeJS.ProcessEnv): string {
  if (env.TOKENRACK_MACHINE !== undefined) return resolve(env.TOKENRACK_MACHINE);
  if (existsSync(SHARED_FOLDER)) return SHARED_FOLDER;
  return join(env.XDG_STATE_HOME ?? join(homedir(), '.local', 'state'), 'tokenrack');
}

const INFLUX_KEYS = ['file', 'url', 'database', 'user', 'password', 'token', 'ca', 'report_base'] as const;

function readInflux(env: NodeJS.ProcessEnv): InfluxEnvironment {
  const pairs = INFLUX_KEYS.map((key) => [key, env[`TOKENRACK_INFLUX_${key.toUpperCase()}`]] as const);
  return Object.fromEntries(pairs.filter(([, value]) => value !== undefined && value !== ''));
}

const OTHER_KEYS = [
  'STATE',
  'MACHINE',
  'RUNS',
  'MODELS',
  'ESPTOOL',
  'TRIALS',
  'REQUIRE',
  'QUEUE',
  'TIMES',
  // Read by the recipe for GitLab (fixtures/ci).
  'GITLAB_TOKEN',
];

/** Every variable of tokenrack's own that something reads. */
export const VARIABLES: readonly string[] = [
  ...OTHER_KEYS,
  ...INFLUX_KEYS.map((key) => `INFLUX_${key.toUpperCase()}`),
].map((key) => `TOKENRACK_${key}`);

/** Variables that look like tokenrack's and that nothing reads: somebody misspelt them. */
export function unknownVariables(env: NodeJS.ProcessEnv = process.env): string[] {
  return Object.keys(env).filter((name) => name.startsWith('TOKENRACK_') && !VARIABLES.includes(name));
}

function words(text: string): string[] {
  return text.split(' ').filter((word) => word !== '');
}
