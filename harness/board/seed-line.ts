/** The inference lines of the seeds' plain firmware, with or without a log prefix in front. */
export type SeedLine =
  | { readonly kind: 'seed-started'; readonly promptTokens: number }
  | { readonly kind: 'seed-tokens'; readonly ids: readonly number[] }
  | {
      readonly kind: 'seed-completed';
      readonly tokens: number;
      readonly durationMs: number;
      readonly rate?: number;
    };

const started = /^Starting inference with prompt length: (\d{1,9})$/;
const generated = /^Generated tokens:((?: \d{1,9})*) *$/;
const completed = /^Inference completed: (\d{1,9}) tokens in (\d{1,15}) ms \(([^()]{1,32}) tokens\/sec\)$/;

/** Reads the message part of a line; undefined when it is none of the seeds'. */
export function parseSeedLine(message: string): SeedLine | undefined {
  const start = started.exec(message);
  if (start !== null) return { kind: 'seed-started', promptTokens: Number(start[1]) };
  const tokens = generated.exec(message);
  if (tokens !== null) return { kind: 'seed-tokens', ids: readIds(tokens[1]!) };
  const done = completed.exec(message);
  return done === null ? undefined : readCompleted(done[1]!, done[2]!, done[3]!);
}

function readIds(text: string): number[] {
  return text
    .split(' ')
    .filter((word) => word !== '')
    .map(Number);
}

/** C prints `inf` or `nan` after 0 ms: then there is no rate. */
function readCompleted(tokens: string, durationMs: string, rate: string): SeedLine {
  const line = { kind: 'seed-completed', tokens: Number(tokens), durationMs: Number(durationMs) } as const;
  return /^\d+(?:\.\d+)?$/.test(rate) ? { ...line, rate: Number(rate) } : line;
}
