/** What one measurement of dashboards/SCHEMA.md has. */
export interface MeasurementSchema {
  readonly tags: ReadonlySet<string>;
  readonly fields: ReadonlySet<string>;
}

/** dashboards/SCHEMA.md as data. `catalogue`: names of the measurements that the page leaves to the measurement catalogue. */
export function parseSchemaPage(
  page: string,
  catalogue: readonly string[],
): ReadonlyMap<string, MeasurementSchema> {
  const [rules = '', ...sections] = page.split(/^## (?=`)/m);
  const common = namesIn(after(rules, 'Common tags of all but `live`:'));
  return new Map(sections.map((section) => parseSection(section, common, catalogue)));
}

function parseSection(
  section: string,
  common: readonly string[],
  catalogue: readonly string[],
): readonly [string, MeasurementSchema] {
  const name = /^`(\w+)`/.exec(section)![1]!;
  const text = section.slice(section.indexOf('\n'));
  const tags = /(?:Further tags?:|Tags) ([^\n]*?)(?:\. |\.$|\.\n)/m.exec(withoutAsides(text))?.[1] ?? '';
  const fields = [...tableNames(text), ...namesIn(after(text, 'Fields:'))];
  const further = text.includes('measurement-catalogue') ? catalogue : [];
  return [
    name,
    {
      tags: new Set([...(name === 'live' ? [] : common), ...namesIn(tags)]),
      fields: new Set([...fields, ...further]),
    },
  ];
}

/** The paragraph that begins with `mark`. */
function after(text: string, mark: string): string {
  const at = text.indexOf(mark);
  return at < 0 ? '' : text.slice(at + mark.length).split('\n\n')[0]!;
}

/** First cells of a table's rows: each may name several fields. */
function tableNames(text: string): readonly string[] {
  const cells = text.split('\n').filter((line) => line.startsWith('| `'));
  return cells.flatMap((line) => namesIn(line.split('|')[1]!));
}

function namesIn(text: string): readonly string[] {
  return [...withoutAsides(text).matchAll(/`([a-z]\w*)`/g)].map((match) => match[1]!);
}

/** Asides in brackets name values, not tags or fields. */
function withoutAsides(text: string): string {
  return text.replace(/\([^()]*\)/g, '');
}
