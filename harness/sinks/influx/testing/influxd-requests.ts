/** A series of an answer: one row of `values` per point, in the order of `columns`. */
export interface InfluxSeries {
  readonly name: string;
  readonly tags?: Readonly<Record<string, string>>;
  readonly columns: readonly string[];
  readonly values: readonly (readonly (string | number | boolean | null)[])[];
}

interface QueryAnswer {
  readonly error?: string;
  readonly results?: readonly { readonly series?: readonly InfluxSeries[]; readonly error?: string }[];
}

/** Where a server answers, and as whom it is asked. */
export interface InfluxdAddress {
  readonly url: string;
  readonly database: string;
  readonly credentials?: InfluxdCredentials | undefined;
}

export interface InfluxdCredentials {
  readonly username: string;
  readonly password: string;
}

/** A hung server must fail a test, not stop it. */
const timeoutMs = 20_000;

/**
 * Runs one InfluxQL statement with the server's own HTTP API. Nanosecond times do not fit a double, so that they are
 * handed out as text.
 */
export async function queryInfluxd(address: InfluxdAddress, influxql: string): Promise<InfluxSeries[]> {
  const response = await post(address, 'query?epoch=ns', new URLSearchParams({ q: influxql }));
  const answer = parseAnswer(await response.text());
  const error = answer.error ?? answer.results?.find((result) => result.error !== undefined)?.error;
  if (error !== undefined) throw new Error(`influxd refused ${influxql}: ${error}`);
  return (answer.results ?? []).flatMap(({ series }) => series ?? []);
}

/** Writes line protocol with nanosecond times. @throws Error with the server's status and message unless it is 204. */
export async function writeInfluxd(address: InfluxdAddress, lines: string): Promise<void> {
  const response = await post(address, 'write?precision=ns', lines);
  const text = await response.text();
  if (response.status !== 204) throw new Error(`influxd answered ${response.status} to a write: ${text}`);
}

function post(
  { url, database, credentials }: InfluxdAddress,
  request: string,
  body: string | URLSearchParams,
): Promise<Response> {
  const { username = '', password = '' } = credentials ?? {};
  const authorization = `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;
  return fetch(`${url}/${request}&db=${encodeURIComponent(database)}`, {
    method: 'POST',
    body,
    headers: credentials === undefined ? {} : { authorization },
    signal: AbortSignal.timeout(timeoutMs),
  });
}

/** JSON whose integers of 17 digits and more become text; strings are left alone. */
function parseAnswer(text: string): QueryAnswer {
  const safe = text.replace(/"(?:[^"\\]|\\.)*"|-?\d[\d.eE+-]*/g, (token) =>
    /^-?\d{17,}$/.test(token) ? `"${token}"` : token,
  );
  return JSON.parse(safe) as QueryAnswer;
}
