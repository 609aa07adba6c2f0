import { type Document, isMap, isSeq, parseDocument, Scalar, type YAMLMap } from 'yaml';
import { parseYaml } from '../config/yaml-file.js';
import { rackFileSchema } from './rack-schema.js';
import type { BoardChange, EntryKeys } from './scan-plan.js';

/**
 * The rack file's text with what a scan found. Comments, order, labels and everything that a person wrote stay.
 * `text` is undefined when there is no file yet; `schema` is where editors find the schema, from the file's folder.
 * @throws ConfigError when the result would be no rack file
 */
export function editRack(
  text: string | undefined,
  changes: readonly BoardChange[],
  { path, schema }: { readonly path: string; readonly schema: string },
): string {
  const document = parseDocument(text ?? emptyRack(schema));
  let boards = document.get('boards');
  if (!isSeq(boards)) {
    boards = document.createNode([]);
    document.set('boards', boards);
  }
  if (!isSeq(boards)) throw new TypeError('a sequence was made and is none');
  for (const change of changes) {
    if (change.kind === 'new') boards.add(newEntry(document, change));
    if (change.kind === 'found') update(document, boards.items.filter(isMap), change);
  }
  const edited = withOldSpacing(document.toString(styleOf(text ?? '')), text ?? '');
  parseYaml(edited, path, rackFileSchema);
  return edited;
}

/** Lines that differ from the old text in nothing but the space before a comment are taken from it. */
function withOldSpacing(edited: string, text: string): string {
  const old = new Map(text.split('\n').map((line) => [tight(line), line]));
  const lines = edited.split('\n').map((line) => old.get(tight(line)) ?? line);
  return lines.join('\n');
}

function tight(line: string): string {
  return line.replace(/\s+#/, ' #');
}

function emptyRack(schema: string): string {
  return `# yaml-language-server: $schema=${schema}\nboards:\n`;
}

/** Written as it was: other lines than those that change must not. */
function styleOf(text: string): Parameters<Document['toString']>[0] {
  return {
    lineWidth: 0,
    indentSeq: !/^boards:[^\n]*\n(\s*#[^\n]*\n)*-/m.test(text),
    flowCollectionPadding: !/[{[][^\s\]}]/.test(text),
  };
}

function newEntry(document: Document, { id, mac, keys }: BoardChange & { kind: 'new' }): unknown {
  const entry = document.createNode({}) as YAMLMap;
  setKeys(entry, { id, link: keys.link, mac, ...keys });
  return entry;
}

function update(
  document: Document,
  entries: readonly YAMLMap[],
  { mac, keys }: BoardChange & { kind: 'found' },
): void {
  const entry = entries.find((one) => one.get('mac') === mac);
  if (entry === undefined) throw new TypeError(`${document.contents?.tag}: no entry has ${mac}`);
  setKeys(entry, keys);
}

type Written = NonNullable<EntryKeys[string]>;

function setKeys(entry: YAMLMap, keys: EntryKeys): void {
  for (const [key, value] of Object.entries(keys)) {
    if (value === undefined) entry.delete(key);
    else setKey(entry, key, value);
  }
}

/** A scalar that is there keeps its place, its quotes and its comment. */
function setKey(entry: YAMLMap, key: string, value: Written): void {
  const old = entry.get(key, true);
  if (old instanceof Scalar) old.value = value;
  else entry.set(key, key === 'mac' ? quoted(value) : value);
}

/** Other readers of YAML take a MAC of digits for a number to the base of 60. */
function quoted(value: Written): Scalar {
  const scalar = new Scalar(value);
  scalar.type = Scalar.QUOTE_DOUBLE;
  return scalar;
}
