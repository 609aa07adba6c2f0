import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { z } from 'zod';
import { ConfigError, unwritable } from '../errors.js';

/**
 * A run's folder. Everything that happened is in it, and everything that was concluded can be derived from it
 * again:
 *
 *     plan.json                     what was decided before hardware was touched
 *     reference.json                what the host's reference says (and reference-logits/*.f32)
 *     boards/ID/attempt-N/          attempt.json, uart.bin, uart.jsonl: every byte of every attempt
 *     result.json, summary.txt      derived
 */
export class RunFolder {
  private constructor(readonly path: string) {}

  /**
   * Makes a new one under `parent` with its first file in it, named so that folders sort by time. Never reuses a folder: it comes to be
   * there whole, and a run that is fetched from another machine meanwhile takes another name.
   * @throws ConfigError `runs-unwritable`, InfraError `disk-full`
   */
  static async create(
    parent: string,
    title: string,
    now: Date,
    first: { readonly name: string; readonly content: string },
  ): Promise<RunFolder> {
    const base = `${stamp(now)}-${slug(title)}`;
    const draft = join(parent, `.${base}.${randomUUID()}.part`);
    await mkdir(draft, { recursive: true }).catch((cause: NodeJS.ErrnoException) => {
      throw unwritable('runs-unwritable', `cannot make the folder ${parent}: ${cause.code}`, { cause });
    });
    try {
      await writeFile(join(draft, first.name), first.content);
      for (let n = 1; ; n++) {
        const path = join(parent, n === 1 ? base : `${base}-${n}`);
        if (await renameToNew(draft, path)) return new RunFolder(path);
      }
    } catch (error) {
      await rm(draft, { recursive: true, force: true }).catch(() => {});
      throw error;
    }
  }

  /** @throws ConfigError `no-run` when `path` is no run folder. */
  static async open(path: string): Promise<RunFolder> {
    const names = await readdir(path).catch(() => [] as string[]);
    if (!names.includes('plan.json')) {
      throw new ConfigError('no-run', `${path} is no run folder: it has no plan.json`, { path });
    }
    return new RunFolder(path);
  }

  get id(): string {
    return this.path.split(/[\\/]/).at(-1)!;
  }

  async makeAttemptFolder(board: string, attempt: number): Promise<string> {
    const path = join(this.path, 'boards', board, `attempt-${attempt}`);
    await mkdir(path, { recursive: true });
    return path;
  }

  /** Attempt folders of a board, first attempt first. */
  async attemptFolders(board: string): Promise<string[]> {
    const parent = join(this.path, 'boards', board);
    const names = await readdir(parent).catch(() => [] as string[]);
    const numbers = names.map((name) => Number(/^attempt-(\d+)$/.exec(name)?.[1])).filter(Number.isInteger);
    return numbers.sort((a, b) => a - b).map((number) => join(parent, `attempt-${number}`));
  }

  async write(name: string, content: string | Uint8Array): Promise<void> {
    await writeAtomically(join(this.path, name), content);
  }
}

/** Readers see the old file or the new one, never half of it, and nothing is left beside it when that fails. */
export async function writeAtomically(path: string, content: string | Uint8Array): Promise<void> {
  const half = `${path}.part`;
  await mkdir(join(path, '..'), { recursive: true });
  try {
    await writeFile(half, content);
    await rename(half, path);
  } catch (error) {
    // What keeps it from being removed is no news beside what kept it from being written.
    await rm(half, { force: true }).catch(() => {});
    throw error;
  }
}

/** @throws ConfigError `bad-run-file` when the file is missing, torn, or from another version. */
export async function readRunFile<T extends z.ZodType>(path: string, schema: T): Promise<z.output<T>> {
  const text = await readFile(path, 'utf8').catch((cause: unknown) => {
    throw new ConfigError('bad-run-file', `cannot read ${path}: the run folder is incomplete`, {
      path,
      cause,
    });
  });
  const checked = schema.safeParse(parseJson(text));
  if (checked.success) return checked.data;
  const issue = checked.error.issues[0]!;
  throw new ConfigError('bad-run-file', `${[path, ...issue.path].join(': ')}: ${issue.message}`, { path });
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** False: something is there already. */
async function renameToNew(draft: string, path: string): Promise<boolean> {
  try {
    await rename(draft, path);
    return true;
  } catch (error) {
    // Windows says EPERM for a folder that is there.
    if (existsSync(path)) return false;
    throw error;
  }
}

function stamp(now: Date): string {
  return now.toISOString().slice(0, 19).replaceAll(':', '-').replace('T', '_');
}

function slug(title: string): string {
  const words = title
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-|-$/g, '');
  return words.slice(0, 40) || 'run';
}
