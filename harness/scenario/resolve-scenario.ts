/**
 * A Node.js module hook for scenario files in any folder: `tokenrack` is the package that is running, installed there or
 * not, and a TypeScript file is an ES module, whatever the package.json around it says.
 */
interface Resolved {
  readonly url: string;
  readonly format?: string | null;
}
type Next = (specifier: string, context: object) => Promise<Resolved>;

const ENTRIES: Readonly<Record<string, string>> = {
  tokenrack: '../scenario/index.js',
  'tokenrack/testing': '../testing/index.js',
};

export async function resolve(specifier: string, context: object, next: Next): Promise<object> {
  const entry = ENTRIES[specifier];
  if (entry !== undefined) {
    return { url: new URL(entry, import.meta.url).href, format: 'module', shortCircuit: true };
  }
  const resolved = await next(specifier, context).catch((error: unknown) => ourOwn(specifier, next, error));
  return isTypeScript(resolved.url) ? { ...resolved, format: 'module' } : resolved;
}

/** A file that is loaded again has a query after its name. */
function isTypeScript(url: string): boolean {
  return url.split('?')[0]!.endsWith('.ts');
}

/** A scenario far from any node_modules still has the assertions that the package brings. */
function ourOwn(specifier: string, next: Next, error: unknown): Promise<Resolved> {
  if (specifier !== 'chai') throw error;
  return next(specifier, { parentURL: import.meta.url });
}
