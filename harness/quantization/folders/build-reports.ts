import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { ConfigError } from '../../errors.js';
import { readJsonFile } from '../../model/json-file.js';
import { judgedNow } from '../acceptance/judge-acceptance.js';
import { type ValidationReport, validationReportSchema } from '../validation-report.js';
import { VALIDATION_REPORT } from './require-ours.js';

export interface BuildReports {
  /** By the folder's name. */
  readonly found: readonly { readonly folder: string; readonly report: ValidationReport }[];
  /** A line for each validation_report.json that is none of ours. */
  readonly skipped: readonly string[];
}

/**
 * The reports of the builds in a folder, which lie one level down, accepted or not by the rules of today; none where there is no folder. Anybody's files may lie there too: what cannot be read as a report
 * spoils no build.
 */
export async function readBuildReports(outFolder: string): Promise<BuildReports> {
  const found: { folder: string; report: ValidationReport }[] = [];
  const skipped: string[] = [];
  for (const folder of await reportFolders(outFolder)) {
    try {
      const report = await readJsonFile(join(folder, VALIDATION_REPORT), validationReportSchema);
      found.push({ folder, report: { ...report, acceptance: judgedNow(report) } });
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
      // A folder may be replaced while it is read.
      if (error.code !== 'file-missing') skipped.push(`left out: ${error.message}`);
    }
  }
  return { found, skipped };
}

/** Folders that another process is just putting in place are left out: they come again under their own name. */
async function reportFolders(outFolder: string): Promise<readonly string[]> {
  if (!existsSync(outFolder)) return [];
  return (await readdir(outFolder))
    .filter((name) => !/\.(new|old)-[0-9a-f-]{36}$/.test(name))
    .sort()
    .map((name) => join(outFolder, name))
    .filter((folder) => existsSync(join(folder, VALIDATION_REPORT)));
}
