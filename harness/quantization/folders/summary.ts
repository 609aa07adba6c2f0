import { randomUUID } from 'node:crypto';
import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { ConfigError, unwritable } from '../../errors.js';
import type { LlamaConfig } from '../../model/checkpoint.js';
import { huggingFaceConfigSchema, llamaConfigOf } from '../../model/huggingface-config.js';
import { readJsonFile } from '../../model/json-file.js';
import { matrixShape } from '../../model/pack-model.js';
import { tokenrackVersion } from '../../version.js';
import { recipeName } from '../recipe.js';
import type { ValidationReport } from '../validation-report.js';
import { readBuildReports } from './build-reports.js';

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
  /** A line for each validation_report.json there that is none of ours. */
  readonly skipped?: readonly string[];
}

/**
 * Writes OUT/quantization_summary.json: one row for each build's validation_report.json, in the order of their folders.
 * @throws ConfigError `summary-unwritable`, InfraError `disk-full`
 */
export async function updateSummary(outFolder: string): Promise<QuantizationSummary> {
  const { found, skipped } = await readBuildReports(outFolder);
  const builds: SummaryRow[] = [];
  for (const { folder, report } of found) builds.push(await summaryRow(outFolder, folder, report));
  const summary: QuantizationSummary = {
    summary: 1,
    tokenrack: tokenrackVersion,
    builds,
    ...(skipped.length === 0 ? {} : { skipped }),
  };
  await replaceFile(join(outFolder, QUANTIZATION_SUMMARY), `${JSON.stringify(summary, null, 1)}\n`);
  return summary;
}

async function summaryRow(outFolder: string, folder: string, report: ValidationReport): Promise<SummaryRow> {
  const { build, sizes, quality, speed, acceptance } = report;
  const bits = await bitsPerWeight(folder, report);
  return {
    name: build.name,
    folder: relative(outFolder, folder),
    ...(build.recipe === undefined ? {} : { recipe: recipeName(build.recipe) }),
    ...(bits === undefined ? {} : { bits_per_weight: bits }),
    bytes: sizes.buildBytes,
    perplexity_ratio: quality.perplexity.build / quality.perplexity.base,
    kl_divergence: quality.klDivergence.value,
    ...(speed === undefined ? {} : { speed_ratio: speed.ratio }),
    accepted: acceptance.accepted,
  };
}

/** Mean over the weights of the matrices; their counts are in config.json, where that is one of ours. */
async function bitsPerWeight(folder: string, { tensors }: ValidationReport): Promise<number | undefined> {
  const config = tensors.length === 0 ? undefined : await readConfig(join(folder, 'config.json'));
  if (config === undefined) return undefined;
  let bits = 0;
  let weights = 0;
  for (const { tensor, bitsPerWeight: one } of tensors) {
    const { rows, cols } = matrixShape(config, tensor);
    bits += one * rows * cols;
    weights += rows * cols;
  }
  return bits / weights;
}

async function readConfig(path: string): Promise<LlamaConfig | undefined> {
  try {
    return llamaConfigOf(await readJsonFile(path, huggingFaceConfigSchema), path);
  } catch (error) {
    if (error instanceof ConfigError) return undefined;
    throw error;
  }
}

async function replaceFile(path: string, text: string): Promise<void> {
  const fresh = `${path}.new-${randomUUID()}`;
  try {
    await mkdir(dirname(path), { recursive: true });
    await writeFile(fresh, text);
    await rename(fresh, path);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw unwritable('summary-unwritable', `cannot write ${path}: ${reason}`, { path, cause });
  } finally {
    await rm(fresh, { force: true });
  }
}
