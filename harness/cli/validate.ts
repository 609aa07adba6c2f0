import { validateQuantization } from '../quantization/lab/validate.js';
import { type LabFlags, labOptions, NOT_ACCEPTED, openLab } from './quantize.js';
import { LabLine } from './quantize-progress.js';
import { reportText } from './quantize-tables.js';

export type ValidateFlags = LabFlags;

/** Prints the report (JSON: `ValidationReport` of harness/quantization/validation-report.ts) and sets the exit code. */
export async function validate(original: string, quantized: string, flags: ValidateFlags): Promise<void> {
  const line = new LabLine(process.stderr);
  await using lab = await openLab(labOptions(flags, line));
  try {
    const report = await validateQuantization(lab, original, quantized);
    line.end();
    process.stdout.write(flags.json === true ? `${JSON.stringify(report)}\n` : reportText(report));
    if (!report.acceptance.accepted) process.exitCode = NOT_ACCEPTED;
  } finally {
    line.end();
  }
}
