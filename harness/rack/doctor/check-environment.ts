import { type Finding, ok, warning, wrong } from './finding.js';

/** A folder that tokenrack keeps things in. */
export interface FolderFacts {
  /** The variable that names it. */
  readonly variable: string;
  readonly path: string;
  /** Why it is no folder and cannot become one; absent when it is or can. */
  readonly trouble?: string;
}

export function checkFolders(folders: readonly FolderFacts[]): Finding[] {
  const bad = folders.flatMap(({ variable, path, trouble }) =>
    trouble === undefined
      ? []
      : [
          wrong(
            'folders',
            `${path} cannot be a folder: ${trouble}`,
            `set ${variable} to a folder, or leave it out`,
          ),
        ],
  );
  return bad.length > 0 ? bad : [ok('folders', folders.map(({ path }) => path).join(', '))];
}

/** @param known names that something reads */
export function checkVariables(unknown: readonly string[], known: readonly string[]): Finding[] {
  return unknown.map((name) => {
    const [nearest] = known.toSorted((a, b) => editDistance(name, a) - editDistance(name, b));
    return warning('environment', `nothing reads ${name}`, `did you mean ${nearest}?`);
  });
}

/** Levenshtein's: how many letters are to be put in, left out or changed. One row of the table at a time. */
function editDistance(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, column) => column);
  for (const [i, letter] of [...from].entries()) {
    const next = [i + 1];
    for (const [j, other] of [...to].entries())
      next.push(Math.min(row[j]! + (letter === other ? 0 : 1), row[j + 1]! + 1, next[j]! + 1));
    row = next;
  }
  return row[to.length]!;
}
