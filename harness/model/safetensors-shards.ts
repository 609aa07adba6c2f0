import { existsSync } from 'node:fs';
import { basename, join } from 'node:path';
import { z } from 'zod';
import { ConfigError } from '../errors.js';
import { readJsonFile } from './json-file.js';
import { RangedFile } from './ranged-file.js';
import { readSafetensorsTable, type SafetensorsEntry } from './safetensors-read.js';

/** Where a tensor lies: in which open file, and where in it. */
export interface Place {
  readonly file: RangedFile;
  readonly entry: SafetensorsEntry;
}

const indexSchema = z.object({
  metadata: z.looseObject({ total_size: z.number().optional() }).optional(),
  weight_map: z.record(z.string(), z.string()),
});
type Index = z.output<typeof indexSchema>;

/**
 * The open weight files of a Hugging Face folder: model.safetensors, or the shards that model.safetensors.index.json
 * names. Owns their descriptors: close it, or bind it with `await using`.
 */
export class Shards implements AsyncDisposable {
  readonly folder: string;
  readonly places: ReadonlyMap<string, Place>;
  readonly #files: readonly RangedFile[];

  private constructor(folder: string, places: ReadonlyMap<string, Place>, files: readonly RangedFile[]) {
    this.folder = folder;
    this.places = places;
    this.#files = files;
  }

  /**
   * An index must agree with its shards: every tensor in the shard that it names and in no other, none left out, and
   * the bytes of all as `metadata.total_size` has them, where it does.
   * @throws ConfigError `shard-missing`, `tensor-missing`, `tensor-unexpected`, `safetensors-invalid`, and those of the files
   */
  static async open(folder: string): Promise<Shards> {
    const indexPath = join(folder, 'model.safetensors.index.json');
    const single = join(folder, 'model.safetensors');
    const index =
      existsSync(single) || !existsSync(indexPath) ? undefined : await readJsonFile(indexPath, indexSchema);
    const paths = index === undefined ? [single] : shardPaths(folder, indexPath, index);
    const files: RangedFile[] = [];
    try {
      for (const path of paths) files.push(await RangedFile.open(path));
      const places = await findPlaces(files);
      if (index !== undefined) requireAgreement(indexPath, index, places);
      return new Shards(folder, places, files);
    } catch (error) {
      await closeAll(files);
      throw error;
    }
  }

  close(): Promise<void> {
    return closeAll(this.#files);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}

async function closeAll(files: readonly RangedFile[]): Promise<void> {
  await Promise.all(files.map((file) => file.close()));
}

function shardPaths(folder: string, indexPath: string, { weight_map }: Index): readonly string[] {
  const names = [...new Set(Object.values(weight_map))].sort();
  if (names.length === 0) throw invalid(indexPath, 'weight_map names no shard');
  const stray = names.find((name) => name !== basename(name) || !name.endsWith('.safetensors'));
  if (stray !== undefined) {
    throw invalid(indexPath, `weight_map names ${JSON.stringify(stray)}, which is no file beside it`);
  }
  const missing = names.find((name) => !existsSync(join(folder, name)));
  if (missing !== undefined) {
    const message = `${indexPath}: its shard ${missing} is missing; copy all ${names.length} of them`;
    throw new ConfigError('shard-missing', message, { path: indexPath, shard: missing });
  }
  return names.map((name) => join(folder, name));
}

async function findPlaces(files: readonly RangedFile[]): Promise<ReadonlyMap<string, Place>> {
  const places = new Map<string, Place>();
  for (const file of files) {
    for (const [name, entry] of await readSafetensorsTable(file)) {
      const other = places.get(name);
      if (other !== undefined) {
        const message = `tensor ${name} lies in both ${other.file.path} and ${file.path}`;
        throw new ConfigError('safetensors-invalid', message, { path: file.path, tensor: name });
      }
      places.set(name, { file, entry });
    }
  }
  return places;
}

function requireAgreement(
  indexPath: string,
  { weight_map, metadata }: Index,
  places: ReadonlyMap<string, Place>,
): void {
  for (const [tensor, shard] of Object.entries(weight_map)) {
    const found = places.get(tensor)?.file.path;
    if (found !== undefined && basename(found) === shard) continue;
    const where = found === undefined ? 'it is not there' : `it lies in ${basename(found)}`;
    const message = `${indexPath} puts tensor ${JSON.stringify(tensor)} into ${shard}, but ${where}`;
    throw new ConfigError('tensor-missing', message, { path: indexPath, tensor, shard });
  }
  const listed = new Set(Object.keys(weight_map));
  const unlisted = [...places].find(([name]) => !listed.has(name));
  if (unlisted !== undefined) {
    const [tensor, { file }] = unlisted;
    const message = `${file.path} holds tensor ${tensor}, which ${basename(indexPath)} does not list`;
    throw new ConfigError('tensor-unexpected', message, { path: file.path, tensor });
  }
  const bytes = [...places.values()].reduce((sum, { entry }) => sum + entry.end - entry.begin, 0);
  const total = metadata?.total_size ?? bytes;
  if (total !== bytes) {
    throw invalid(
      indexPath,
      `metadata.total_size is ${total}, but its shards hold ${bytes} bytes of tensors`,
    );
  }
}

function invalid(path: string, reason: string): ConfigError {
  return new ConfigError('safetensors-invalid', `${path}: ${reason}`, { path });
}
