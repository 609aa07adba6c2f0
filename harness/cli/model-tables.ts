import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ConfigError } from '../errors.js';
import { runGrid } from '../quantization/lab/run-grid.js';
import { readSubject } from '../quantization/lab/subject.js';
import { writeQuantizationReport } from '../quantization/report/write-report.js';
import { formatSeedTables, type SeedTables, seedTables } from '../quantization/tables/seed-tables.js';
import { SEED_TABLES, type SeedTable, tableRecipes } from '../quantization/tables/table-recipes.js';
import type { ValidationReport } from '../quantization/validation-report.js';
import { requireWritable } from './out-folder.js';
import { compileFor, type LabFlags, labOptions, reportsIn } from './quantize.js';
import { sayingHowToGoOn } from './quantize-interrupted.js';
import { LabLine } from './quantize-progress.js';

export interface TablesFlags extends LabFlags {
  readonly seed?: SeedTable;
  readonly builds?: string;
  readonly qat?: boolean;
  readonly out?: string;
}

/** Makes the builds that the tables need, or reads their reports, and prints the tables. */
export async function showTables(model: string, flags: TablesFlags): Promise<void> {
  if (flags.out !== undefined) await requireWritable(flags.out);
  const seeds = flags.seed === undefined ? SEED_TABLES : [flags.seed];
  const { checkpoint, hash } = await readSubject(model, flags.tokenizer);
  const reports =
    flags.builds === undefined
      ? await sayingHowToGoOn(() => makeBuilds(model, seeds, flags))
      : await readBuilds(flags.builds, hash);
  const tables = seedTables({ model: checkpoint.name, config: checkpoint.config, reports }, seeds);
  if (flags.out !== undefined) await keep(flags.out, tables, reports);
  process.stdout.write(flags.json === true ? `${JSON.stringify(tables)}\n` : formatSeedTables(tables));
}

async function makeBuilds(
  model: string,
  seeds: readonly SeedTable[],
  flags: TablesFlags,
): Promise<ValidationReport[]> {
  const line = new LabLine(process.stderr);
  const options = labOptions(flags, line);
  try {
    await compileFor(options, flags.qat === true);
    return await runGrid([model], tableRecipes(seeds, flags.qat === true), {
      ...options,
      ...(flags.out === undefined ? {} : { outFolder: flags.out }),
      onReport: ({ build }) => line.note(build.name),
    });
  } finally {
    line.end();
  }
}

async function readBuilds(folder: string, hash: string): Promise<ValidationReport[]> {
  const reports = (await reportsIn(folder)).filter((report) => report.model.hash === hash);
  if (reports.length > 0) return reports;
  const message = `${folder} has no report of a build of this model: make some with tokenrack quantize`;
  throw new ConfigError('no-reports', message, { folder });
}

async function keep(folder: string, tables: SeedTables, reports: readonly ValidationReport[]): Promise<void> {
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'tables.txt'), formatSeedTables(tables));
  await writeFile(join(folder, 'tables.json'), `${JSON.stringify(tables, null, 1)}\n`);
  await writeQuantizationReport(reports, join(folder, 'report.html'));
}
