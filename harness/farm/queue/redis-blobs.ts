import { createHash, randomUUID } from 'node:crypto';
import { open, rename, rm } from 'node:fs/promises';
import type { Redis } from 'ioredis';
import { z } from 'zod';
import { InfraError } from '../../errors.js';
import { verify } from '../blobs/blob-files.js';
import { inParallel } from '../blobs/in-parallel.js';
import type { BlobStore } from '../blobs/tree.js';
import type { QueueListener } from './queue-event.js';

const PIECE_BYTES = 2 * 1024 * 1024;
const KEPT_SECONDS = 3 * 24 * 3600;
/** So much in Redis is worth a word: it is all in memory. */
const WARN_BYTES = 2 * 1024 ** 3;

const indexSchema = z.object({ bytes: z.int().min(0), pieces: z.array(z.string()) });
type BlobIndex = z.output<typeof indexSchema>;

export interface RedisBlobOptions {
  readonly onEvent?: QueueListener;
  /** Default 2 MiB. */
  readonly pieceBytes?: number;
  /** Default three days since the last use. */
  readonly keptSeconds?: number;
  /** Default 2 GiB. */
  readonly warnBytes?: number;
}

/**
 * Blobs on their way through Redis. A blob is an index, `tokenrack:blob:HASH`, and the pieces that it names; the index comes
 * last, so that a blob is there whole or not at all. Using one renews its expiry. Of every version: content is content.
 */
export class RedisBlobs implements BlobStore {
  private warned = false;

  constructor(
    private readonly redis: Redis,
    private readonly options: RedisBlobOptions = {},
  ) {}

  async missing(hashes: readonly string[]): Promise<string[]> {
    const absent: string[] = [];
    await inParallel(new Set(hashes), async (sha256) => {
      const index = await this.indexOf(sha256);
      if (index === undefined || !(await this.renew(sha256, index))) absent.push(sha256);
    });
    return absent;
  }

  async putFile(sha256: string, path: string): Promise<void> {
    if ((await this.missing([sha256])).length === 0) return;
    // Of two who put the same blob at once each has pieces of its own; the last index is as good as the first.
    const upload = randomUUID();
    const pieces: string[] = [];
    const hash = createHash('sha256');
    let bytes = 0;
    for await (const piece of readPieces(path, this.options.pieceBytes ?? PIECE_BYTES)) {
      hash.update(piece);
      bytes += piece.length;
      const key = `${indexKey(sha256)}:${upload}:${pieces.length}`;
      await this.redis.set(key, piece, 'EX', this.keptSeconds);
      pieces.push(key);
    }
    const found = hash.digest('hex');
    if (found !== sha256) {
      if (pieces.length > 0) await this.redis.unlink(...pieces);
      throw new InfraError('bad-blob', `${path} has SHA-256 ${found} instead of ${sha256}: it was changed`, {
        path,
      });
    }
    await this.redis.set(indexKey(sha256), JSON.stringify({ bytes, pieces }), 'EX', this.keptSeconds);
    await this.warnAboutSize();
  }

  async getFile(sha256: string, path: string): Promise<void> {
    const index = await this.indexOf(sha256);
    if (index === undefined) throw noBlob(sha256);
    await this.renew(sha256, index);
    const part = `${path}.${randomUUID()}.part`;
    try {
      await this.writePieces(sha256, index, part);
      await verify(part, sha256, 'what Redis had');
      await rename(part, path);
    } catch (error) {
      await rm(part, { force: true });
      throw error;
    }
  }

  private get keptSeconds(): number {
    return this.options.keptSeconds ?? KEPT_SECONDS;
  }

  private async indexOf(sha256: string): Promise<BlobIndex | undefined> {
    const text = await this.redis.get(indexKey(sha256));
    return text === null ? undefined : indexSchema.parse(JSON.parse(text));
  }

  /** False when a piece is gone or torn. Pieces first: an index must not outlive what it names. */
  private async renew(sha256: string, { bytes, pieces }: BlobIndex): Promise<boolean> {
    const renewed = this.redis.pipeline();
    for (const key of pieces) renewed.strlen(key).expire(key, this.keptSeconds);
    renewed.expire(indexKey(sha256), this.keptSeconds);
    const replies = (await renewed.exec()) ?? [];
    const lengths = replies.filter((_, position) => position % 2 === 0).slice(0, pieces.length);
    return lengths.reduce((sum, [, length]) => sum + Number(length), 0) === bytes;
  }

  private async writePieces(sha256: string, { pieces }: BlobIndex, path: string): Promise<void> {
    const file = await open(path, 'wx');
    try {
      for (const key of pieces) {
        const piece = await this.redis.getBuffer(key);
        if (piece === null) throw noBlob(sha256);
        await file.writeFile(piece);
      }
      await file.sync();
    } finally {
      await file.close();
    }
  }

  private async warnAboutSize(): Promise<void> {
    if (this.warned) return;
    const used = Number(/used_memory:(\d+)/.exec(await this.redis.info('memory'))?.[1] ?? 0);
    const limit = this.options.warnBytes ?? WARN_BYTES;
    if (used <= limit) return;
    this.warned = true;
    const megabytes = (bytes: number): string => `${Math.round(bytes / 1024 ** 2)} MiB`;
    const message = `Redis holds ${megabytes(used)}, more than ${megabytes(limit)}; blobs go three days after their last use`;
    this.options.onEvent?.({ type: 'warning', code: 'redis-memory', message });
  }
}

async function* readPieces(path: string, pieceBytes: number): AsyncGenerator<Buffer> {
  const file = await open(path, 'r');
  try {
    for (;;) {
      // A new buffer for each: a command that waits for Redis still holds the last.
      const { buffer, bytesRead } = await file.read(Buffer.allocUnsafe(pieceBytes), 0, pieceBytes);
      if (bytesRead === 0) return;
      yield buffer.subarray(0, bytesRead);
    }
  } finally {
    await file.close();
  }
}

function indexKey(sha256: string): string {
  return `tokenrack:blob:${sha256}`;
}

function noBlob(sha256: string): InfraError {
  return new InfraError('no-blob', `Redis has no content ${sha256}: it expired, or was never put there`, {
    sha256,
  });
}
