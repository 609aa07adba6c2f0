import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { writeAtomically } from '../results/run-folder.js';
import { formatCiSummary } from '../sinks/ci-summary.js';
import { formatJunit } from '../sinks/junit.js';
import type { NightSummary } from '../sinks/night-summary.js';
import { formatNight } from '../sinks/night-table.js';

/** Leaves the summary in the night's folder, for people, programs and CI. */
export async function writeSummary(summary: NightSummary): Promise<void> {
  const files = {
    'summary.txt': formatNight(summary),
    'summary.json': `${JSON.stringify(summary, null, 1)}\n`,
    'summary.md': formatCiSummary(summary),
    'junit.xml': formatJunit(summary),
  };
  for (const [name, content] of Object.entries(files))
    await writeAtomically(join(summary.folder, name), content);
}

/** The summary of a night that has nothing left to do; undefined for any other. */
export async function readFinishedSummary(folder: string): Promise<NightSummary | undefined> {
  const text = await readFile(join(folder, 'summary.json'), 'utf8').catch(() => undefined);
  if (text === undefined) return undefined;
  const summary = JSON.parse(text) as NightSummary;
  return summary.resume === undefined && summary.endedEarly === undefined
    ? { ...summary, folder }
    : undefined;
}
