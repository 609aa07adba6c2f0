import type { BenchEvent } from '../bench/events.js';
import type { Environment } from '../config/environment.js';
import { ConfigError } from '../errors.js';
import type { RunResult } from '../results/result.js';

/** Where results go. Nothing that happens in one is an error of a run. */
export interface ResultSink {
  event(event: BenchEvent): void;
  /** Resolves when the result is safe with the sink, or the sink has said that it is not. */
  result(result: RunResult): Promise<void>;
  /** At the end of the command. */
  finish(): Promise<void>;
}

/**
 * The sinks by name; without names `influx`, when it is configured.
 * @throws ConfigError `no-such-sink`, `influx-config`
 */
export async function openSinks(
  names: readonly string[] | undefined,
  environment: Pick<Environment, 'influx' | 'stateFolder'>,
): Promise<ResultSink[]> {
  const stranger = names?.find((name) => name !== 'influx' && name !== 'none');
  if (stranger !== undefined)
    throw new ConfigError('no-such-sink', `no sink "${stranger}": there are influx and none`);
  const wanted = names?.includes('influx') ?? false;
  if (names !== undefined && !wanted) return [];
  const { file, url } = environment.influx;
  if (!wanted && file === undefined && url === undefined) return [];
  const { openInfluxSink } = await import('../sinks/influx/open-sink.js');
  return [await openInfluxSink(environment, (line) => process.stderr.write(`${line}\n`))];
}

export async function finishSinks(sinks: readonly ResultSink[]): Promise<void> {
  for (const sink of sinks) await sink.finish();
}
