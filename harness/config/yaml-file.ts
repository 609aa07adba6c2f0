import { readFile } from 'node:fs/promises';
import { LineCounter, parseDocument } from 'yaml';
import type { z } from 'zod';
import { ConfigError } from '../errors.js';

/**
 * Reads a YAML file and checks it against its schema.
 * @throws ConfigError `config-unreadable`, `config-syntax`, `config-empty` or `config-invalid`: one line with `path:line`.
 */
export async function readYamlFile<T extends z.ZodType>(path: string, schema: T): Promise<z.output<T>> {
  return (await readYamlLines(path, schema)).value;
}

/** What a file says, and where. */
export interface YamlLines<T> {
  readonly value: T;
  /** The line of what stands at a path of keys and indices, or of its nearest parent that is there. */
  lineOf(path: readonly PropertyKey[]): number;
}

/** As {@link readYamlFile}, for whoever looks further than a schema can and names lines too. */
export async function readYamlLines<T extends z.ZodType>(
  path: string,
  schema: T,
): Promise<YamlLines<z.output<T>>> {
  const text = await readFile(path, 'utf8').catch((cause: unknown) => {
    throw new ConfigError('config-unreadable', `cannot read ${path}: ${errorCode(cause)}`, { path, cause });
  });
  return parseYamlLines(text, path, schema);
}

/** The same from text; `path` is for messages only. */
export function parseYaml<T extends z.ZodType>(text: string, path: string, schema: T): z.output<T> {
  return parseYamlLines(text, path, schema).value;
}

function parseYamlLines<T extends z.ZodType>(text: string, path: string, schema: T): YamlLines<z.output<T>> {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const fault = document.errors[0];
  if (fault !== undefined) {
    const { line } = lines.linePos(fault.pos[0]);
    const reason = fault.message.replace(/\s+/g, ' ');
    throw new ConfigError('config-syntax', `${path}:${line}: ${reason}`, { path, line });
  }
  if (document.contents === null)
    throw new ConfigError(
      'config-empty',
      `${path}: ${text.trim() === '' ? 'the file is empty' : 'the file has only comments'}`,
      { path },
    );
  const checked = schema.safeParse(document.toJS());
  if (checked.success) return { value: checked.data, lineOf: (where) => lineOf(document, where, lines) };
  const issue = checked.error.issues[0]!;
  const line = lineOf(document, issuePath(issue), lines);
  throw new ConfigError('config-invalid', `${path}:${line}: ${describeIssue(issue, document)}`, {
    path,
    line,
  });
}

function errorCode(cause: unknown): string {
  if (cause instanceof Error && 'code' in cause) {
    return cause.code === 'ENOENT' ? 'no such file' : String(cause.code);
  }
  return String(cause);
}

function issuePath(issue: z.core.$ZodIssue): readonly PropertyKey[] {
  return issue.code === 'unrecognized_keys' ? [...issue.path, issue.keys[0]!] : issue.path;
}

function describeIssue(issue: z.core.$ZodIssue, document: YamlDocument): string {
  if (issue.code === 'unrecognized_keys') {
    const where = issue.path.length === 0 ? '' : ` in ${issue.path.join('.')}`;
    return `unknown key "${issue.keys[0]}"${where}`;
  }
  if (issue.code === 'invalid_union' && issue.discriminator !== undefined)
    return describeKind(issue, document);
  const where = issue.path.join('.');
  return where === '' ? issue.message : `${where}: ${issue.message}`;
}

/** The key that says which kind of thing it is, such as a board's `link`, is missing or wrong: the others cannot be judged without it. */
function describeKind(
  { path, options = [] }: z.core.$ZodIssue & { readonly options?: readonly unknown[] },
  document: YamlDocument,
): string {
  const kinds = options.map(String).join(', ');
  const [parent, key] = [path.slice(0, -1), String(path.at(-1))];
  const there = document.getIn(parent) as MaybeMap | undefined;
  const keys = there?.items?.map((item) => String(item.key?.value)) ?? [];
  const value = JSON.stringify(document.getIn(path));
  if (keys.includes(key)) return `${path.join('.')}: ${value} is none of ${kinds}`;
  return `${parent.join('.')} has no key "${key}", which is one of ${kinds}; its keys are ${keys.join(', ')}`;
}

/** The line of the key at `path`, or of its nearest parent that exists. */
function lineOf(document: YamlDocument, path: readonly PropertyKey[], lines: LineCounter): number {
  for (let depth = path.length; depth > 0; depth--) {
    const offset = keyOffset(document, path.slice(0, depth));
    if (offset !== undefined) return lines.linePos(offset).line;
  }
  return 1;
}

type YamlDocument = ReturnType<typeof parseDocument>;

interface MaybeMap {
  readonly items?: readonly {
    readonly key?: { readonly value?: unknown; readonly range?: [number, ...number[]] };
  }[];
}

function keyOffset(document: YamlDocument, path: readonly PropertyKey[]): number | undefined {
  const last = path[path.length - 1];
  const parent = path.length === 1 ? document.contents : document.getIn(path.slice(0, -1), true);
  const pair = (parent as MaybeMap | null)?.items?.find((item) => item.key?.value === last);
  if (pair?.key?.range !== undefined) return pair.key.range[0];
  const node = document.getIn(path, true) as { range?: [number, ...number[]] } | undefined;
  return node?.range?.[0];
}
