import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { z } from 'zod';
import { diskFiles, type SpoolFiles, sweep, writeDurably } from './spool-files.js';

const entrySchema = z.object({
  /** The line that the server refused. */
  line: z.string(),
  /** What it said. */
  message: z.string(),
  /** ISO 8601. */
  refusedAt: z.string(),
});

export type QuarantineEntry = z.output<typeof entrySchema> & {
  /** Names it in commands: 12 hex digits of the line's hash. */
  readonly id: string;
};

/**
 * The lines that the server refused for their own sake, one file each. A file is named by its line's hash, so that a
 * line that a crash had refused twice is there once.
 */
export class Quarantine {
  private readonly folder: string;

  constructor(
    spoolFolder: string,
    private readonly files: SpoolFiles = diskFiles,
  ) {
    this.folder = join(spoolFolder, 'quarantine');
  }

  /** Resolves when it will last. */
  async add(line: string, message: string, now: Date): Promise<void> {
    const entry = { line, message, refusedAt: now.toISOString() };
    await this.files.makeFolder(this.folder);
    await sweep(this.files, this.folder, now.getTime());
    await writeDurably(this.files, this.folder, `${idOf(line)}.json`, `${JSON.stringify(entry, null, 1)}\n`);
  }

  /** By id. What is no entry is passed over. */
  async list(): Promise<QuarantineEntry[]> {
    const entries: QuarantineEntry[] = [];
    for (const name of await this.files.list(this.folder)) {
      if (!name.endsWith('.json')) continue;
      const entry = parseEntry(await this.files.read(join(this.folder, name)));
      if (entry !== undefined) entries.push({ id: name.slice(0, -'.json'.length), ...entry });
    }
    return entries;
  }

  async count(): Promise<number> {
    return (await this.files.list(this.folder)).filter((name) => name.endsWith('.json')).length;
  }

  remove({ id }: Pick<QuarantineEntry, 'id'>): Promise<void> {
    return this.files.remove(join(this.folder, `${id}.json`));
  }
}

function idOf(line: string): string {
  return createHash('sha256').update(line).digest('hex').slice(0, 12);
}

function parseEntry(text: string | undefined): z.output<typeof entrySchema> | undefined {
  try {
    return entrySchema.parse(JSON.parse(text ?? ''));
  } catch {
    return undefined;
  }
}
