import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { packageRoot } from '../../../paths.js';

export interface PageField {
  readonly measurement: string;
  readonly name: string;
  readonly integer: boolean;
}

/** Every field that dashboards/SCHEMA.md names, with its type as marked there; `live` left out, which no run folder tells. */
export async function fieldsOfSchemaPage(): Promise<PageField[]> {
  const page = await readFile(join(packageRoot, 'dashboards', 'SCHEMA.md'), 'utf8');
  const sections = page.split(/^## (?=`)/m).slice(1);
  return sections.flatMap((section) => {
    const measurement = /^`(\w+)`/.exec(section)![1]!;
    return measurement === 'live'
      ? []
      : [...tableFields(section), ...listedFields(section)].map((one) => ({ measurement, ...one }));
  });
}

/** A row's mark is for all its names. */
function tableFields(section: string): Omit<PageField, 'measurement'>[] {
  const rows = section.split('\n').filter((line) => line.startsWith('| `'));
  return rows.flatMap((row) => {
    const cell = row.split('|')[1]!;
    return [...cell.matchAll(/`(\w+)`/g)].map(([, name]) => ({ name: name!, integer: cell.includes('*i*') }));
  });
}

/** In a sentence a mark is for the name before it. */
function listedFields(section: string): Omit<PageField, 'measurement'>[] {
  const [, list = ''] =
    /Fields: ([\s\S]*?)(?:\.\s|\.$)/.exec(section.replace(/\(as in `run`\)|0 \.\. 1/g, '')) ?? [];
  return [...list.matchAll(/`(\w+)`( \*i\*)?/g)].map(([, name, mark]) => ({
    name: name!,
    integer: mark !== undefined,
  }));
}
