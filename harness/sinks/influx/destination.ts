/** Where points go, and as whom. Secrets are in here: never print it, never write it anywhere. */
export interface InfluxDestination {
  /** `http:` or `https:`, without credentials; a path before `/write` is kept. */
  readonly url: URL;
  readonly database: string;
  readonly user?: string;
  readonly password?: string;
  /** InfluxDB 2.x and 3.x, instead of user and password. */
  readonly token?: string;
  /** Certificates (PEM) to trust instead of the system's. */
  readonly ca?: string;
}

/** The text without the destination's secrets, for messages that a server or a library made. */
export function withoutSecrets(text: string, { user, password, token }: InfluxDestination): string {
  const basic = Buffer.from(`${user ?? ''}:${password ?? ''}`).toString('base64');
  const secrets = [token, password, password === undefined ? undefined : basic];
  return secrets.reduce<string>(
    (clean, secret) => (secret === undefined || secret === '' ? clean : clean.replaceAll(secret, '***')),
    text,
  );
}

/** How messages call it. */
export function nameOf({ url, database }: InfluxDestination): string {
  return `${url.origin}${url.pathname === '/' ? '' : url.pathname} (database ${database})`;
}
