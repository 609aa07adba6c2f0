import { homedir } from 'node:os';
import { join, resolve } from 'node:path';

/** An absolute path; `~` is this user's home. */
export function expandHome(path: string): string {
  return path === '~' || path.startsWith('~/') ? join(homedir(), path.slice(1)) : resolve(path);
}
