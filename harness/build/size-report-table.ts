import type { ComponentSize, ObjectSize } from './size-report-objects.js';

const largestShown = 4;

/** One row for each component and level, and below them the largest objects. */
export function sizeTable(components: readonly ComponentSize[]): string {
  const head = ['component', 'flags', 'text', 'data', 'bss'];
  const totals = components.map(({ component, optimization, objects }) => [
    component,
    optimization,
    ...numbers(sumOf(objects)),
  ]);
  const largest = components.flatMap(({ component, optimization, objects }) =>
    [...objects]
      .sort((a, b) => b.text + b.data + b.bss - (a.text + a.data + a.bss))
      .slice(0, largestShown)
      .map((object) => [`${component}/${object.name}`, optimization, ...numbers(object)]),
  );
  return aligned([head, ...totals, ['', '', '', '', ''], ...largest]);
}

export function sumOf(objects: readonly ObjectSize[]): Omit<ObjectSize, 'name'> {
  const total = (key: 'text' | 'data' | 'bss') => objects.reduce((sum, object) => sum + object[key], 0);
  return { text: total('text'), data: total('data'), bss: total('bss') };
}

function numbers({ text, data, bss }: Omit<ObjectSize, 'name'>): string[] {
  return [text, data, bss].map(String);
}

/** Two columns of words to the left, then numbers to the right. */
function aligned(rows: readonly (readonly string[])[]): string {
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  const cell = (text: string, column: number) =>
    column < 2 ? text.padEnd(widths[column]!) : text.padStart(widths[column]!);
  return rows.map((row) => row.map(cell).join('  ').trimEnd()).join('\n');
}
