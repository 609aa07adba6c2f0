import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { readJsonFile } from '../../model/json-file.js';
import { VALIDATION_REPORT } from '../folders/require-ours.js';
import { type ValidationReport, validationReportSchema } from '../validation-report.js';

/** The reports of all builds below a folder, by the folder's name; none where there is no folder. */
export async function readReports(folder: string): Promise<ValidationReport[]> {
  if (!existsSync(folder)) return [];
  const names = (await readdir(folder, { recursive: true })).filter(
    (name) => basename(name) === VALIDATION_REPORT,
  );
  const reports: ValidationReport[] = [];
  for (const name of names.toSorted())
    reports.push(await readJsonFile(join(folder, name), validationReportSchema));
  return reports;
}
