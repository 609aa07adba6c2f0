import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { makeBaseRuns } from './base-runs.js';
import { recordRuns } from './recorded-runs.js';

/** `node dist/history/record-runs.js`: makes the real runs of the virtual rack anew for fixtures/history. */
const folder = await mkdtemp(join(tmpdir(), 'tokenrack-history-'));
try {
  await recordRuns(await makeBaseRuns(folder));
} finally {
  await rm(folder, { recursive: true });
}
