import { type ComparisonReport, compareOutputs } from '../quantization/lab/compare.js';
import { plainTable } from '../sinks/plain-table.js';
import { interruptSignal } from './exit.js';
import { NOT_ACCEPTED, openLab } from './quantize.js';
import { LabLine } from './quantize-progress.js';

export interface CompareFlags {
  readonly prompt?: readonly string[];
  readonly tokens?: number;
  readonly tokenizer?: string;
  readonly json?: boolean;
}

/** Prints both models' texts (JSON: `ComparisonReport` of harness/quantization/lab/compare.ts) and sets the exit code. */
export async function compare(original: string, quantized: string, flags: CompareFlags): Promise<void> {
  const { prompt, tokens, tokenizer, json } = flags;
  const line = new LabLine(process.stderr);
  await using lab = await openLab({
    speed: false,
    // One may be a file of prompts.
    ...(prompt === undefined ? {} : { prompts: prompt.length === 1 ? prompt[0]! : prompt }),
    ...(tokens === undefined ? {} : { promptTokens: tokens }),
    ...(tokenizer === undefined ? {} : { tokenizer }),
    onProgress: line.show,
    signal: interruptSignal(),
  });
  try {
    const report = await compareOutputs(lab, original, quantized);
    line.end();
    process.stdout.write(json === true ? `${JSON.stringify(report)}\n` : describe(report));
    if (report.prompts.some(({ faults }) => faults.length > 0)) process.exitCode = NOT_ACCEPTED;
  } finally {
    line.end();
  }
}

function describe({ model, build, prompts }: ComparisonReport): string {
  const texts = prompts.flatMap(({ base, build: made, faults }) => [
    `${model.name}: ${base}`,
    `${build.name}: ${made}`,
    ...faults.map((fault) => `fault: ${fault}`),
    '',
  ]);
  const rows = prompts.map((one) => [
    one.prompt,
    one.topTokenEqual === undefined ? '' : one.topTokenEqual ? 'equal' : 'another',
    one.maxAbsDelta?.toPrecision(3) ?? '',
    one.klDivergence?.toPrecision(3) ?? '',
    `${one.equalTokens} of ${one.baseTokens}`,
  ]);
  const columns = [
    { head: 'prompt' },
    { head: 'top token' },
    { head: 'max |delta logit|', align: 'right' as const },
    { head: 'KL (nats)', align: 'right' as const },
    { head: 'equal tokens', align: 'right' as const },
  ];
  return `${texts.join('\n')}\n${plainTable(columns, rows)}\n`;
}
