import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join, relative } from 'node:path';
import { ConfigError } from '../../errors.js';
import { huggingFaceConfigSchema, llamaConfigOf } from '../../model/huggingface-config.js';
import { readJsonFile } from '../../model/json-file.js';
import { matrixShape } from '../../model/pack-model.js';
import { tokenrackVersion } from '../../version.js';
import { recipeName } from '../recipe.js';
import { type ValidationReport, validationReportSchema } from '../validation-report.js';
import { VALIDATION_REPORT } from './require-ours.js';

export const QUANTIZATION_SUMMARY = 'quantization_summary.json';

/** One build in quantization_summary.json. */
export interface SummaryRow {
  readonly name: string;
  /** Where its folder lies, from the summary's. */
  readonly folder: string;
  /** Short name of its recipe; absent for a build that was not quantized by one. */
  readonly recipe?: string;
  /** Of its matrices: codes, scales, zero points; absent where config.json is. */
  readonly bits_per_weight?: number;
  /** Of all weights as stored. */
  readonly bytes: number;
  readonly perplexity_ratio: number;
  /** Mean, nats. */
  readonly kl_divergence: number;
  /** Tokens/s against float32; absent when it was not measured. */
  readonly speed_ratio?: number;
  readonly accepted: boolean;
}

export interface QuantizationSummary {
  readonly summary: 1;
  readonly tokenrack: string;
  /** By folder. */
  readonly builds: readonly SummaryRow[];
}

/**
 * Writes OUT/quantization_summary.json: one row for each validation_report.json below, in the order of their folders.
 * @throws ConfigError `summary-unwritable`, or that of a report that is none
 */
export async function updateSummary(outFolder: string): Promise<QuantizationSummary> {
  const builds: SummaryRow[] = [];
  for (const folder of await reportFolders(outFolder)) {
    const row = await summaryRow(outFolder, folder);
    if (row !== undefined) builds.push(row);
  }
  const summary: QuantizationSummary = { summary: 1, tokenrack: tokenrackVersion, builds };
  await replaceFile(join(outFolder, QUANTIZATION_SUMMARY), `${JSON.stringify(summary, null, 1)}\n`);
  return summary;
}

/** Folders that another process is just putting in place are left out: they come again under their own name. */
async function reportFolders(outFolder: string): Promise<readonly string[]> {
  if (!existsSync(outFolder)) return [];
  const names = await readdir(outFolder, { recursive: true });
  return names
    .filter((name) => basename(name) === VALIDATION_REPORT)
    .map(dirname)
    .filter((name) => !/\.(new|old)-[0-9a-f-]{36}(\/|$)/.test(name))
    .sort()
    .map((name) => join(outFolder, name));
}

async function summaryRow(outFolder: string, folder: string): Promise<SummaryRow | undefined> {
  const report = await ifThere(readJsonFile(join(folder, VALIDATION_REPORT), validationReportSchema));
  if (report === undefined) return undefined;
  const { build, sizes, quality, speed, acceptance } = report;
  const bits = await bitsPerWeight(folder, report);
  return {
    name: build.name,
    folder: relative(outFolder, folder) || '.',
    ...(build.recipe === undefined ? {} : { recipe: recipeName(build.recipe) }),
    ...(bits === undefined ? {} : { bits_per_weight: bits }),
    bytes: sizes.buildBytes,
    perplexity_ratio: quality.perplexity.build / quality.perplexity.base,
    kl_divergence: quality.klDivergence.value,
    ...(speed === undefined ? {} : { speed_ratio: speed.ratio }),
    accepted: acceptance.accepted,
  };
}

/** Mean over the weights of the matrices; their counts are in config.json. */
async function bitsPerWeight(folder: string, { tensors }: ValidationReport): Promise<number | undefined> {
  const path = join(folder, 'config.json');
  const huggingFace = await ifThere(readJsonFile(path, huggingFaceConfigSchema));
  if (huggingFace === undefined || tensors.length === 0) return undefined;
  const config = llamaConfigOf(huggingFace, path);
  let bits = 0;
  let weights = 0;
  for (const { tensor, bitsPerWeight: one } of tensors) {
    const { rows, cols } = matrixShape(config, tensor);
    bits += one * rows * cols;
    weights += rows * cols;
  }
  return bits / weights;
}

/** A folder may be replaced while it is read. */
function ifThere<T>(reading: Promise<T>): Promise<T | undefined> {
  return reading.catch((error: unknown) => {
    if (error instanceof ConfigError && error.code === 'file-missing') return undefined;
    throw error;
  });
}

async function replaceFile(path: string, text: string): Promise<void> {
  const fresh = `${path}.new-${randomUUID()}`;
  try {
    await mkdir(dirname(path), { recursive: true });
    await writeFile(fresh, text);
    await rename(fresh, path);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new ConfigError('summary-unwritable', `cannot write ${path}: ${reason}`, { path, cause });
  } finally {
    await rm(fresh, { force: true });
  }
}
