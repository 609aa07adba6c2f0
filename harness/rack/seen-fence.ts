import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { InfraError } from '../errors.js';
import type { Lease } from '../lease/lease.js';
import { replaceFile } from '../lease/shared-files.js';

/**
 * A virtual board remembers the largest fence that it was powered under, and refuses a smaller one: whoever comes with that was
 * stopped while its lease went to somebody else.
 * @throws InfraError `stale-fence`
 */
export async function passFence(folder: string, board: string, { record }: Lease): Promise<void> {
  const path = join(folder, 'seen-fence');
  const seen = Number.parseInt(await readFile(path, 'utf8').catch(() => '0'), 10);
  if (seen > record.fence) {
    const message = `${board}: fence ${record.fence} is late: the board has seen ${seen}; its lease is somebody else's`;
    throw new InfraError('stale-fence', message, { board, fence: record.fence, seen });
  }
  replaceFile(path, `${record.fence}\n`, { lasting: false });
}
