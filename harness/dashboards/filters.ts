/** Buckets of one night, from noon to noon UTC, so that a night's runs stay together whether they end before or after midnight. */
export const NIGHT = 'time(1d, 12h)';

type Tag = 'suite' | 'model' | 'scenario' | 'format' | 'strategy' | 'board';

/**
 * The WHERE clause of a panel: the dashboard's time range, one clock (modelled and measured times never mix), and a match for each variable.
 * Every match is a regular expression, so that a value, several, and All are written alike.
 */
export function matching(...tags: readonly Tag[]): string {
  return ['$timeFilter', `"clock" = '$clock'`, ...tags.map(matchOf)].join(' AND ');
}

/** As `matching`, without the runs of the pinned reference build: what the build under test did. */
function candidatesMatching(...tags: readonly Tag[]): string {
  return `${matching(...tags)} AND "arm" = 'candidate'`;
}

/** The FROM and WHERE of what the build under test did, narrowed by every variable. */
export function candidates(measurement: 'run' | 'generation' | 'quality'): string {
  const chosen = candidatesMatching('suite', 'model', 'scenario', 'format', 'strategy', 'board');
  return `FROM "${measurement}" WHERE ${chosen}`;
}

export function matchOf(tag: string): string {
  return `"${tag}" =~ /^$${tag}$/`;
}

/** Tags in GROUP BY, quoted: `model` and `format` are free to become keywords. */
export function by(...parts: readonly string[]): string {
  return `GROUP BY ${parts.map((part) => (/^[a-z_]+$/.test(part) ? `"${part}"` : part)).join(', ')}`;
}
