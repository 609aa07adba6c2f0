import { join } from 'node:path';

/** Lines for the server's `[http]` section, such as `auth-enabled`. */
export type HttpSettings = Readonly<Record<string, string | boolean | number>>;

/**
 * Text of an `influxd -config FILE` that keeps to its own folder and one loopback port: no reports to its makers, no
 * statistics of its own in the database, no other listener that could be taken.
 */
export function influxdConfig(folder: string, port: number, http: HttpSettings): string {
  const settings: HttpSettings = {
    'bind-address': `127.0.0.1:${port}`,
    'log-enabled': false,
    'max-body-size': 25_000_000,
    ...http,
  };
  return [
    'reporting-disabled = true',
    'bind-address = "127.0.0.1:0"',
    ...section('meta', { dir: join(folder, 'meta'), 'logging-enabled': false }),
    ...section('data', {
      dir: join(folder, 'data'),
      'wal-dir': join(folder, 'wal'),
      'query-log-enabled': false,
    }),
    ...section('monitor', { 'store-enabled': false }),
    ...section('continuous_queries', { enabled: false }),
    ...section('http', settings),
    '',
  ].join('\n');
}

function section(name: string, settings: HttpSettings): string[] {
  return [
    `[${name}]`,
    ...Object.entries(settings).map(([key, value]) => `${key} = ${JSON.stringify(value)}`),
  ];
}
