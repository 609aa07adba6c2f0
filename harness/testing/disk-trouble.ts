import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';

/** Does `work` on a disk that refuses with `code` every file whose path holds `.new-`, as those being written beside others do. */
export async function withDiskTrouble<T>(code: string, work: () => Promise<T>): Promise<T> {
  const { open, writeFile } = fs.promises;
  // As of a `write`, whose errors name no path.
  const refuse = (path: unknown): void => {
    if (String(path).includes('.new-')) throw Object.assign(new Error(`${code}: refused, write`), { code });
  };
  fs.promises.open = async (...args) => {
    refuse(args[0]);
    return open(...args);
  };
  fs.promises.writeFile = async (...args) => {
    refuse(args[0]);
    return writeFile(...args);
  };
  syncBuiltinESMExports();
  try {
    return await work();
  } finally {
    Object.assign(fs.promises, { open, writeFile });
    syncBuiltinESMExports();
  }
}
