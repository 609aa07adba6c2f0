import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { diskFiles, type SpoolFiles, writeDurably } from './spool-files.js';

/** How often a sender says that it is alive, and after how long a silent one counts as gone. */
const BEAT_MS = 5_000;
const STALE_MS = 60_000;

/** Locks of this process: a lock with its id that is none of these was left by an earlier process with that id. */
const held = new Set<string>();

/**
 * Who sends from the spool. It saves work and no more: two senders at once would send the same points twice, which
 * changes nothing, and remove segments twice, which does neither. So a stale lock may be taken without ceremony.
 */
export class SenderLock implements AsyncDisposable {
  private readonly beat: NodeJS.Timeout;

  private constructor(
    private readonly path: string,
    private readonly ours: string,
    private readonly files: SpoolFiles,
  ) {
    held.add(ours);
    this.beat = setInterval(() => void files.touch(path).catch(() => {}), BEAT_MS).unref();
  }

  /** Undefined when another sender, alive on this machine or heard of within a minute, has it. */
  static async take(
    folder: string,
    files: SpoolFiles = diskFiles,
    now: () => number = Date.now,
  ): Promise<SenderLock | undefined> {
    const path = join(folder, 'sender.lock');
    await files.makeFolder(folder);
    if (await isStale(path, files, now)) await files.remove(path);
    if ((await files.read(path)) !== undefined) return undefined;
    const ours = `${process.pid} ${hostname()} ${randomUUID()}\n`;
    try {
      await writeDurably(files, folder, 'sender.lock', ours);
    } catch {
      // A full disk has no room for a lock either; sending makes room.
      return new SenderLock(path, ours, files);
    }
    return (await files.read(path)) === ours ? new SenderLock(path, ours, files) : undefined;
  }

  /** Never removes a lock that somebody else took meanwhile. */
  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.beat);
    held.delete(this.ours);
    if ((await this.files.read(this.path)) === this.ours) await this.files.remove(this.path);
  }
}

async function isStale(path: string, files: SpoolFiles, now: () => number): Promise<boolean> {
  const content = (await files.read(path)) ?? '';
  const [, pid, host] = /^(\d+) (\S+) /.exec(content) ?? [];
  if (host === hostname() && !(Number(pid) === process.pid ? held.has(content) : isAlive(Number(pid))))
    return true;
  const changedAt = await files.changedAt(path);
  return changedAt !== undefined && now() - changedAt > STALE_MS;
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
