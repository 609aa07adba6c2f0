/** The names that a query of InfluxQL uses, as far as our dashboards write it. */
export interface QueryNames {
  readonly measurements: readonly string[];
  /** Every quoted name that is neither a measurement nor made by the query itself (`AS`). */
  readonly used: readonly string[];
  /** Those that are grouped by, matched by a regular expression, or asked for with WITH KEY: tags. */
  readonly asTags: readonly string[];
  /** Columns of the answer besides the time, tags of GROUP BY included. */
  readonly columns: readonly string[];
}

export function queryNames(text: string): QueryNames {
  const measurements = all(text, /FROM "(\w+)"/g);
  const made = all(text, /AS "(\w+)"/g);
  const grouped = groupedBy(text);
  const others = text.replace(/FROM "\w+"/g, '').replace(/AS "\w+"/g, '');
  const used = all(others, /"(\w+)"/g).filter((name) => !made.includes(name));
  const matched = [...all(text, /"(\w+)" =~/g), ...all(text, /KEY = "(\w+)"/g)];
  return { measurements, used, asTags: [...grouped, ...matched], columns: [...grouped, ...selected(text)] };
}

/** Every tag of every GROUP BY, subqueries included. */
function groupedBy(text: string): readonly string[] {
  return all(text, /GROUP BY ((?:time\([^)]*\)|"\w+")(?:, (?:time\([^)]*\)|"\w+"))*)/g).flatMap((list) =>
    all(list, /"(\w+)"/g),
  );
}

function selected(text: string): readonly string[] {
  const list = /^SELECT (.*?) FROM /.exec(text)?.[1] ?? '';
  return list.split(/, (?=")|, (?=\w+\()/).map(columnOf);
}

function columnOf(expression: string): string {
  const made = / AS "(\w+)"$/.exec(expression)?.[1];
  if (made !== undefined) return made;
  return /^"(\w+)"$/.exec(expression)?.[1] ?? /^(\w+)\(/.exec(expression)?.[1] ?? expression;
}

function all(text: string, pattern: RegExp): string[] {
  return [...text.matchAll(pattern)].map((match) => match[1]!);
}
