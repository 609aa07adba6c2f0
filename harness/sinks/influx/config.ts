import { readFile, stat } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { z } from 'zod';
import type { InfluxEnvironment } from '../../config/environment.js';
import { readYamlFile } from '../../config/yaml-file.js';
import { ConfigError } from '../../errors.js';
import type { InfluxDestination } from './destination.js';

/** The file that `TOKENRACK_INFLUX_FILE` names. */
const fileSchema = z.strictObject({
  url: z.string().optional(),
  database: z.string().optional(),
  user: z.string().optional(),
  password: z.string().optional(),
  token: z.string().optional(),
  /** File of certificates (PEM), from this file's folder. */
  ca: z.string().optional(),
  report_base: z.string().optional(),
});

type Values = z.output<typeof fileSchema>;

export interface InfluxSettings {
  readonly destination: InfluxDestination;
  /** URL under which run folders can be seen, without a slash at its end. */
  readonly reportBase?: string;
}

/**
 * What environment and file say; undefined when neither says anything. Variables take precedence over the file.
 * @throws ConfigError `influx-config`, which never quotes a value: any of them may be a secret in the wrong place
 */
export async function readInfluxSettings(
  environment: InfluxEnvironment,
): Promise<InfluxSettings | undefined> {
  const { file, ca, ...variables } = environment;
  if (file === undefined && variables.url === undefined) return undefined;
  const values: Values = {
    ...(file === undefined ? {} : await readSecretFile(file)),
    ...variables,
    ...(ca === undefined ? {} : { ca: resolve(ca) }),
  };
  const { report_base: reportBase } = values;
  return {
    destination: await destinationOf(values),
    ...(reportBase === undefined ? {} : { reportBase: reportBase.replace(/\/+$/, '') }),
  };
}

async function readSecretFile(path: string): Promise<Values> {
  const mode = await stat(path).then(
    (found) => found.mode,
    () => refuse(`cannot read ${path}, which TOKENRACK_INFLUX_FILE names`),
  );
  if (process.platform !== 'win32' && (mode & 0o004) !== 0)
    refuse(`${path} holds credentials and anyone can read it; chmod 600 it`);
  const values = await readYamlFile(path, fileSchema).catch((error: unknown) => {
    // A syntax error may quote the text that it is about.
    if (error instanceof ConfigError && error.code !== 'config-syntax') throw error;
    const line = error instanceof ConfigError ? `:${String(error.details.line)}` : '';
    refuse(`${path}${line}: not valid YAML; quote values with special characters`);
  });
  return values.ca === undefined ? values : { ...values, ca: resolve(dirname(path), values.ca) };
}

async function destinationOf(values: Values): Promise<InfluxDestination> {
  const { database = 'tokenrack', user, password, token, ca } = values;
  const url = parseUrl(values.url);
  if (token !== undefined && (user ?? password) !== undefined)
    refuse('a token, and a user or password too: give one of them');
  if (password !== undefined && user === undefined) refuse('a password without a user');
  if (token !== undefined && !/^[\x21-\x7e]+$/.test(token))
    refuse('the token has characters that no token has, such as a line end');
  return {
    url,
    database,
    ...(user === undefined ? {} : { user, password: password ?? '' }),
    ...(token === undefined ? {} : { token }),
    ...(ca === undefined ? {} : { ca: await readCa(ca) }),
  };
}

function parseUrl(text: string | undefined): URL {
  if (text === undefined) refuse('no url; set TOKENRACK_INFLUX_URL, or url in the file');
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !['http:', 'https:'].includes(url.protocol) || url.hostname === '')
    refuse('the url is none of http or https');
  if (url.username !== '' || url.password !== '')
    refuse('the url holds credentials; use TOKENRACK_INFLUX_USER and TOKENRACK_INFLUX_PASSWORD');
  if (url.search !== '' || url.hash !== '')
    refuse('the url has a query; the database is TOKENRACK_INFLUX_DATABASE');
  return url;
}

function readCa(path: string): Promise<string> {
  return readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) =>
    refuse(`cannot read the certificates ${path}: ${error.code}`),
  );
}

function refuse(reason: string): never {
  throw new ConfigError('influx-config', `influx: ${reason}`);
}
