import { type FileHandle, open } from 'node:fs/promises';
import { ConfigError } from '../errors.js';

/**
 * A regular file read by ranges, so that a header can be checked before anything large is allocated.
 * Owns its descriptor: close it, or bind it with `await using`.
 */
export class RangedFile implements AsyncDisposable {
  readonly path: string;
  readonly sizeBytes: number;
  readonly #handle: FileHandle;
  #closed = false;

  private constructor(path: string, handle: FileHandle, sizeBytes: number) {
    this.path = path;
    this.#handle = handle;
    this.sizeBytes = sizeBytes;
  }

  /** @throws ConfigError `file-missing` or `file-unreadable` */
  static async open(path: string): Promise<RangedFile> {
    const handle = await open(path).catch((cause: unknown) => {
      throw unreadable(path, cause);
    });
    try {
      const stat = await handle.stat();
      if (!stat.isFile()) throw new ConfigError('file-unreadable', `${path} is not a file`, { path });
      return new RangedFile(path, handle, stat.size);
    } catch (error) {
      await handle.close();
      throw error;
    }
  }

  /**
   * Fills `target` with the bytes from `offset` on.
   * @throws ConfigError `file-truncated` when the file ends before
   */
  async readInto(target: Uint8Array, offset: number): Promise<void> {
    if (offset + target.byteLength > this.sizeBytes) throw this.#truncated(offset + target.byteLength);
    let filled = 0;
    while (filled < target.byteLength) {
      const { bytesRead } = await this.#handle
        .read(target, filled, Math.min(target.byteLength - filled, 1 << 28), offset + filled)
        .catch((cause: unknown) => {
          throw unreadable(this.path, cause);
        });
      if (bytesRead === 0) throw this.#truncated(offset + target.byteLength);
      filled += bytesRead;
    }
  }

  /** A fresh copy of `bytes` bytes from `offset` on, at the start of its own ArrayBuffer. */
  async read(offset: number, bytes: number): Promise<Uint8Array<ArrayBuffer>> {
    if (offset + bytes > this.sizeBytes) throw this.#truncated(offset + bytes);
    const target = new Uint8Array(bytes);
    await this.readInto(target, offset);
    return target;
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    await this.#handle.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #truncated(expectedBytes: number): ConfigError {
    return new ConfigError(
      'file-truncated',
      `${this.path} is truncated: expected at least ${expectedBytes} bytes, found ${this.sizeBytes}`,
      { path: this.path, expectedBytes, foundBytes: this.sizeBytes },
    );
  }
}

/** The ConfigError for a file that the system would not open or read. */
export function unreadable(path: string, cause: unknown): ConfigError {
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : String(cause);
  if (code === 'ENOENT' || code === 'ENOTDIR') {
    return new ConfigError('file-missing', `no such file: ${path}`, { path, cause });
  }
  return new ConfigError('file-unreadable', `cannot read ${path}: ${code}`, { path, cause });
}
