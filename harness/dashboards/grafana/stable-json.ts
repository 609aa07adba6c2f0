/** JSON with the keys of every object in alphabetical order: the same value gives the same bytes, however it was put together. */
export function stableJson(value: unknown): string {
  return `${JSON.stringify(value, (_key, child: unknown) => sorted(child), 2)}\n`;
}

function sorted(value: unknown): unknown {
  if (value === null || typeof value !== 'object' || Array.isArray(value)) return value;
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(entries);
}
