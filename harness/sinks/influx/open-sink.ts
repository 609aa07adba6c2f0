import { join } from 'node:path';
import type { Environment } from '../../config/environment.js';
import { ConfigError } from '../../errors.js';
import { type InfluxSettings, readInfluxSettings } from './config.js';
import { pointsOf } from './points.js';
import { InfluxSink } from './sink.js';

type InfluxPlace = Pick<Environment, 'influx' | 'stateFolder'>;

/** Where points wait for the server. */
export function spoolFolder({ stateFolder }: Pick<Environment, 'stateFolder'>): string {
  return join(stateFolder, 'influx-spool');
}

/** @throws ConfigError `influx-config` when nothing says where the server is, or what says it is wrong */
export async function requireInfluxSettings({
  influx,
}: Pick<Environment, 'influx'>): Promise<InfluxSettings> {
  const settings = await readInfluxSettings(influx);
  if (settings !== undefined) return settings;
  const message = 'influx: no server configured; set TOKENRACK_INFLUX_URL or TOKENRACK_INFLUX_FILE';
  throw new ConfigError('influx-config', message);
}

/** The sink as the environment configures it; `say` shows a line to the person at the terminal. */
export async function openInfluxSink(
  environment: InfluxPlace,
  say: (line: string) => void,
): Promise<InfluxSink> {
  const settings = await requireInfluxSettings(environment);
  const { reportBase } = settings;
  const options = reportBase === undefined ? {} : { reportBase };
  return new InfluxSink({
    settings,
    spoolFolder: spoolFolder(environment),
    pointsOf: (result) => pointsOf(result, options),
    say,
  });
}
