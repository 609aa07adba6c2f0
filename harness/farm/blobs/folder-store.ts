import { mkdir, rm, stat, utimes } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { InfraError } from '../../errors.js';
import { blobPath, copyVerified, incomingFolder, verify, writeWhole } from './blob-files.js';
import { hashFile } from './hash-file.js';
import type { BlobStore } from './tree.js';

/** A blob's time of change says when it was last used, so that `sweepBlobs` keeps it; that exact is enough. */
const TOUCH_MS = 3_600_000;

/**
 * Blobs in a folder of this machine, two levels deep. Any number of processes may use it at once: what is there is whole,
 * and writing the same content twice changes nothing.
 */
export class FolderStore implements BlobStore {
  /** State of files whose content was hashed and found right. */
  private readonly verified = new Map<string, string>();

  constructor(readonly folder: string) {}

  async missing(hashes: readonly string[]): Promise<string[]> {
    const absent: string[] = [];
    for (const sha256 of new Set(hashes)) {
      if (!(await this.has(sha256))) absent.push(sha256);
    }
    return absent;
  }

  async putFile(sha256: string, path: string): Promise<void> {
    if (await this.has(sha256)) return;
    await copyVerified(path, sha256, this.pathOf(sha256));
  }

  async getFile(sha256: string, path: string): Promise<void> {
    await this.mustHave(sha256);
    try {
      await copyVerified(this.pathOf(sha256), sha256, path);
    } catch (error) {
      this.verified.delete(sha256);
      throw error;
    }
  }

  /**
   * Takes over a file that was uploaded into `incomingFolder`, after hashing it; the file is gone then, kept or not.
   * @throws InfraError `bad-blob`; `no-blob` when it is not there, or lies anywhere else
   */
  async takeFile(sha256: string, file: string): Promise<void> {
    if (dirname(resolve(file)) !== resolve(incomingFolder(this.folder))) {
      throw new InfraError('no-blob', `${file} is not in ${incomingFolder(this.folder)}: it is not taken`);
    }
    try {
      if (!(await this.has(sha256))) await copyVerified(file, sha256, this.pathOf(sha256));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
      throw new InfraError('no-blob', `${file} is not there`, { cause: error });
    } finally {
      await rm(file, { force: true });
    }
  }

  /** Keeps what `write` puts into the file that it is given. @throws InfraError `bad-blob` when that has another hash */
  async putBy(sha256: string, write: (path: string) => Promise<void>): Promise<void> {
    if (await this.has(sha256)) return;
    await writeWhole(this.pathOf(sha256), async (part) => {
      await write(part);
      await verify(part, sha256, 'what arrived');
    });
  }

  pathOf(sha256: string): string {
    return blobPath(this.folder, sha256);
  }

  private async mustHave(sha256: string): Promise<void> {
    if (await this.has(sha256)) return;
    throw new InfraError('no-blob', `no undamaged content ${sha256} in ${this.folder}`, { sha256 });
  }

  private async has(sha256: string): Promise<boolean> {
    const path = this.pathOf(sha256);
    try {
      const state = await stateOf(path);
      if (this.verified.get(sha256) !== state && (await hashFile(path)).sha256 !== sha256) return false;
      this.verified.set(sha256, (await touch(path)) ?? state);
      return true;
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === 'ENOENT' || code === 'EISDIR' || code === 'EIO') return false;
      throw error;
    }
  }
}

/** The store in a folder, which is made when it is not there. */
export async function openFolderStore(folder: string): Promise<FolderStore> {
  await mkdir(incomingFolder(folder), { recursive: true });
  return new FolderStore(folder);
}

/** Changes when somebody writes to the file, or puts another in its place. */
async function stateOf(path: string): Promise<string> {
  const { ino, size, mtimeMs } = await stat(path);
  return `${ino} ${size} ${mtimeMs}`;
}

/** Says that the blob is in use; its state after that, when it was not said lately. */
async function touch(path: string): Promise<string | undefined> {
  if (Date.now() - (await stat(path)).mtimeMs < TOUCH_MS) return undefined;
  const now = new Date();
  await utimes(path, now, now);
  return await stateOf(path);
}
