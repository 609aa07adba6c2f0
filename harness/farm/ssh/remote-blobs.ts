import { randomUUID } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { posix } from 'node:path';
import { InfraError } from '../../errors.js';
import { verify } from '../blobs/blob-files.js';
import type { BlobStore } from '../blobs/tree.js';

/** What a blob store far away is asked in words. */
export interface RemoteAsking {
  missing(hashes: readonly string[]): Promise<string[]>;
  /** Takes over an uploaded file. @throws InfraError `bad-blob` */
  keep(sha256: string, file: string): Promise<void>;
}

export interface FileTransfer {
  upload(local: string, remote: string): Promise<void>;
  download(remote: string, local: string): Promise<void>;
}

/**
 * The folder store of another machine: questions go to a program there, contents over SFTP. What was sent before a connection
 * broke is there already when it is sent again.
 * @param folder of the store, on that machine (POSIX)
 */
export function openRemoteBlobs(files: FileTransfer, folder: string, asking: RemoteAsking): BlobStore {
  return {
    missing: (hashes) => asking.missing(hashes),
    async putFile(sha256, path) {
      const upload = posix.join(folder, 'incoming', `${sha256}.${randomUUID()}`);
      await files.upload(path, upload);
      await asking.keep(sha256, upload);
    },
    async getFile(sha256, path) {
      try {
        await files.download(posix.join(folder, sha256.slice(0, 2), sha256.slice(2)), path);
        await verify(path, sha256, `content ${sha256} from ${folder}`);
      } catch (error) {
        if ((error as { code?: unknown }).code === 'bad-blob') await rm(path, { force: true });
        throw asNoBlob(error, sha256, folder);
      }
    },
  };
}

function asNoBlob(error: unknown, sha256: string, folder: string): unknown {
  if ((error as { code?: unknown }).code !== 'no-remote-file') return error;
  return new InfraError('no-blob', `no content ${sha256} in ${folder} there`, { sha256, cause: error });
}
