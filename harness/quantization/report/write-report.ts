import { mkdir, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { ValidationReport } from '../validation-report.js';
import { reportPage } from './page.js';

/** Writes the report page over some builds, such as OUT/report.html, and its folder where there is none. */
export async function writeQuantizationReport(
  reports: readonly ValidationReport[],
  path: string,
): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, reportPage(reports));
}
