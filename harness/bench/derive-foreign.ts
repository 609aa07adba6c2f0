import { contradictions, tokenCount } from '../foreign/foreign-generation.js';
import { type ForeignFirmware, foreignUsesIds } from '../foreign/foreign-schema.js';
import type { ReadGeneration } from '../foreign/generation-reader.js';
import { foreignFromPlan } from '../foreign/read-foreign.js';
import { crcOf } from '../reference/running-crc.js';
import { assembleResult } from '../results/assemble-result.js';
import type { AttemptCall } from '../results/attempt.js';
import type { CheckOutcomes } from '../results/check-outcomes.js';
import type { GenerationFacts } from '../results/generation.js';
import { type Sample, summarize } from '../results/measure.js';
import type { Plan } from '../results/plan.js';
import type { RunResult } from '../results/result.js';
import type { RunFolder } from '../results/run-folder.js';
import { readHistory } from './attempt-history.js';
import { readForeignAttempt } from './foreign-attempt.js';
import { type Pieces, readPieces, textFromPieces } from './pieces.js';

/** One whole generation, and what of it is measured. */
interface ForeignEvidence {
  readonly facts: GenerationFacts;
  readonly text: string | undefined;
  readonly samples: readonly Sample[];
}

/** As `deriveResult`, for a run with a foreign firmware: by the description that its plan holds. */
export async function deriveForeign(
  folder: RunFolder,
  plan: Plan,
  checks: CheckOutcomes,
): Promise<RunResult> {
  const firmware = foreignFromPlan(plan.foreign?.description);
  const pieces = firmware.weights === 'card' ? await readPieces(folder) : undefined;
  const history = await readHistory(folder, plan, (path) => readForeignAttempt(path, plan));
  const made = history.last.flatMap(({ attempt, generations }) =>
    generations
      .filter(({ call, read }) => call.purpose === 'measure' && read.ended)
      .map(({ call, read }) => evidenceOf(attempt.board, call, read, { firmware, plan, pieces })),
  );
  const samples = made.flatMap((one) => one.samples);
  const isHardware = (id: string) =>
    plan.boards.some((board) => board.id === id && board.clock === 'hardware');
  const evidence = {
    plan,
    generations: made.map((one) => one.facts),
    texts: made.map((one) => one.text),
    samples,
    measurements: summarize(samples, isHardware),
    comparisons: [],
    diagnoses: [],
    checks,
    attempts: history.all,
  };
  return assembleResult({ id: folder.id, path: folder.path }, evidence, history.last);
}

interface RunFacts {
  readonly firmware: ForeignFirmware;
  readonly plan: Plan;
  readonly pieces: Pieces | undefined;
}

function evidenceOf(
  board: string,
  { prompt, repeat }: AttemptCall,
  read: ReadGeneration,
  { firmware, plan, pieces }: RunFacts,
): ForeignEvidence {
  const planned = plan.prompts[prompt]!;
  const found = contradictions(firmware, read, foreignUsesIds(firmware) ? planned.ids.length : undefined);
  const tokens = read.ids?.map((id) => ({ id }));
  const facts = {
    board,
    prompt,
    repeat,
    missing: [],
    contradictions: found,
    ...(read.promptTokens === undefined ? {} : { promptTokens: read.promptTokens }),
    ...(tokens === undefined ? {} : { tokens, tokensCrc: crcOf(Uint32Array.from(read.ids!)) }),
  };
  const decoded = pieces === undefined || tokens === undefined ? undefined : textFromPieces(tokens, pieces);
  const text = firmware.log.text_has_prompt ? withoutPrompt(read.text, planned.text) : read.text;
  const place = { board, prompt, repeat };
  return { facts, text: text ?? decoded, samples: found.length > 0 ? [] : samplesOf(firmware, read, place) };
}

/** Only what the log gives; a rate is recorded under the name of what it counts. */
function samplesOf(
  { log }: ForeignFirmware,
  read: ReadGeneration,
  place: Pick<Sample, 'board' | 'prompt' | 'repeat'>,
): Sample[] {
  const { rate, timeUs } = read.speed;
  const whole = log.rate_counts === 'all';
  const values = {
    decode_rate: whole ? undefined : rate?.value,
    overall_rate: whole ? rate?.value : undefined,
    generation_time: whole ? timeUs?.value : undefined,
    tokens: tokenCount(read),
  } as const;
  return Object.entries(values).flatMap(([name, value]) =>
    value === undefined ? [] : [{ name: name as keyof typeof values, ...place, value }],
  );
}

function withoutPrompt(text: string | undefined, prompt: string): string | undefined {
  return text?.startsWith(prompt) === true ? text.slice(prompt.length) : text;
}
