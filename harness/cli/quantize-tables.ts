import { increase } from '../quantization/beside-naive.js';
import type { ValidationReport } from '../quantization/validation-report.js';
import { plainTable } from '../sinks/plain-table.js';

/** A row for each build: size, quality, speed, and whether it was accepted. */
export function buildsTable(reports: readonly ValidationReport[]): string {
  const right = (head: string) => ({ head, align: 'right' as const });
  const tasks = reports.some(({ quality }) => quality.task !== undefined);
  const columns = [
    { head: 'build' },
    right('bytes'),
    right('of float16'),
    right('perplexity'),
    right('change'),
    right('KL (nats)'),
    right('top token'),
    ...(tasks ? [right('task')] : []),
    right('tokens/s'),
    right('of float32'),
    { head: 'accepted' },
  ];
  return plainTable(
    columns,
    reports.map((report) => buildRow(report, tasks)),
  );
}

function buildRow({ build, sizes, quality, speed, acceptance }: ValidationReport, tasks: boolean): string[] {
  const { perplexity, klDivergence, topTokenAgreement } = quality;
  const broken = acceptance.rules.filter(({ passed }) => !passed).map(({ rule }) => rule);
  return [
    build.name,
    sizes.buildBytes.toLocaleString('en-US'),
    `1/${(sizes.float16Bytes / sizes.buildBytes).toFixed(2)}`,
    perplexity.build < 1000
      ? perplexity.build.toFixed(3)
      : Math.round(perplexity.build).toLocaleString('en-US'),
    increase(perplexity.lnRatio.value),
    klDivergence.value.toPrecision(3),
    `${(100 * topTokenAgreement).toFixed(2)}%`,
    ...(tasks ? [quality.task === undefined ? '' : percent(quality.task.build)] : []),
    speed === undefined ? '' : speed.build.tokensPerSecond.toPrecision(3),
    speed === undefined ? '' : `${speed.ratio.toFixed(2)}x`,
    acceptance.accepted ? 'yes' : `no: ${broken.join(', ')}`,
  ];
}

/** One report in full, for `validate`. */
export function reportText(report: ValidationReport): string {
  const { model, build, quality, acceptance, generation } = report;
  const prompts = plainTable(
    [
      { head: 'prompt' },
      { head: 'top token' },
      { head: 'max |delta logit|', align: 'right' },
      { head: 'KL (nats)', align: 'right' },
    ],
    quality.prompts.map(({ prompt, topTokenEqual, maxAbsDelta, klDivergence }) => [
      prompt,
      topTokenEqual ? 'equal' : 'another',
      maxAbsDelta.toPrecision(3),
      klDivergence.toPrecision(3),
    ]),
  );
  const { source, documents, positions } = quality.text;
  const rules = acceptance.rules.map(
    ({ rule, passed, message }) => `${passed ? 'ok  ' : 'FAIL'} ${rule}: ${message}`,
  );
  const texts = generation.texts.map(({ build: text }) => `  ${text.replaceAll('\n', ' ')}`);
  return [
    `${build.name} against ${model.name} in float32`,
    `text: ${source}; ${documents} documents, ${positions} positions`,
    ...(quality.task === undefined ? [] : [taskText(quality.task)]),
    '',
    buildsTable([report]),
    '',
    prompts,
    '',
    'what it writes:',
    ...texts,
    '',
    ...rules,
    ...(report.unsupported === undefined ? [] : [`no card format holds it: ${report.unsupported}`]),
    acceptance.accepted ? 'accepted' : 'not accepted',
    '',
  ].join('\n');
}

function taskText({
  source,
  questions,
  chance,
  base,
  build,
}: NonNullable<ValidationReport['quality']['task']>): string {
  const right = `float32 answers ${percent(base)} right, the build ${percent(build)}, guessing ${percent(chance)}`;
  return `task: ${source}, ${questions} questions: ${right}`;
}

function percent(share: number): string {
  return `${(100 * share).toFixed(1)}%`;
}
