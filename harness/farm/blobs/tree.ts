import { z } from 'zod';

/**
 * Files by content: a working folder or a run folder as it travels between machines. Its hash is the SHA-256 of its
 * canonical JSON (`treeHash`): files sorted by path.
 */
export const treeSchema = z.strictObject({
  files: z.array(
    z.strictObject({
      /** Relative, with forward slashes; never absolute, never through `..`. */
      path: z.string(),
      sha256: z.string().regex(/^[0-9a-f]{64}$/),
      bytes: z.int().min(0),
    }),
  ),
});
export type Tree = z.output<typeof treeSchema>;

/** Where files are kept by their SHA-256: a folder, a machine far away, Redis. A tree's own JSON is kept like a file. */
export interface BlobStore {
  /** Those that are not there, or are there but damaged. */
  missing(hashes: readonly string[]): Promise<string[]>;
  /** Keeps the content of a file; whole or not at all. @throws InfraError when what arrived has another hash */
  putFile(sha256: string, path: string): Promise<void>;
  /** Writes the content to a file, whole or not at all. @throws InfraError `no-blob`, `bad-blob` */
  getFile(sha256: string, path: string): Promise<void>;
}
