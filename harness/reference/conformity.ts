/** What is comparable of one generated token. */
export interface ConformityStep {
  readonly id: number;
  /** The 8 hex digits of the binary32 bits. */
  readonly logProbabilityBits?: string | undefined;
  readonly logitsCrc?: string | undefined;
  /** Bits of the token's own logit: what a board says that computed few others. */
  readonly logitBits?: string | undefined;
}

/** Both sides of the first step at which something differs. */
export interface StepDifference {
  readonly step: number;
  readonly board: string;
  readonly reference: string;
}

/** Of all logits of a step by their CRC, or of the chosen token's alone by its bits. */
export interface LogitsStepDifference extends StepDifference {
  readonly of: 'all' | 'winner';
}

export interface TokenDifference {
  readonly step: number;
  /** Absent on the side that had stopped. */
  readonly board?: number;
  readonly reference?: number;
}

/** Whether a board computed for one prompt what the format says it should. */
export interface Conformity {
  /** Steps at which both have the same id, out of the longer of the two sequences. */
  readonly tokensEqual: number;
  readonly tokensTotal: number;
  readonly firstTokenDifference?: TokenDifference;
  /** Steps whose record was lost: unknown, neither equal nor different. */
  readonly missingSteps: readonly number[];
  /** Absent when no step could be compared. */
  readonly logitsEqual?: boolean;
  /** Steps whose logits were compared. */
  readonly logitsCompared: number;
  /** Those of them at which only the chosen token's logit was: the board did not compute the others. */
  readonly winnersCompared: number;
  readonly firstLogitsDifference?: LogitsStepDifference;
  /** The first token that differs, where the board computed few logits: nothing says whether they are the reference's. */
  readonly logitsUnknownAt?: number;
  /** Absent when no step could be compared. */
  readonly logProbabilitiesEqual?: boolean;
  readonly firstLogProbabilityDifference?: StepDifference;
  /** One line for people. */
  readonly explanation: string;
}

type Steps = readonly (ConformityStep | undefined)[];

/**
 * Compares what a board said for one prompt with the reference; a hole in `board` is a step whose record was lost. Beyond
 * the first token that differs the two continue different texts, so nothing but ids is compared there.
 */
export function compareConformity(board: Steps, reference: readonly ConformityStep[]): Conformity {
  const total = Math.max(board.length, reference.length);
  const steps = Array.from({ length: total }, (_, step) => step);
  const missingSteps = steps.filter((step) => step < board.length && board[step] === undefined);
  const differing = steps.filter(
    (step) => board[step]?.id !== reference[step]?.id && !missingSteps.includes(step),
  );
  const first = differing[0];
  const logits = compareLogitsSteps(board, reference, first ?? total);
  const probabilities = compareBits(board, reference, first ?? total, (step) => step.logProbabilityBits);
  const unknown = first !== undefined && isScreened(board[first]) ? first : undefined;
  const facts: Omit<Conformity, 'explanation'> = {
    tokensEqual: total - differing.length - missingSteps.length,
    tokensTotal: total,
    ...(first === undefined ? {} : { firstTokenDifference: tokenDifference(board, reference, first) }),
    missingSteps,
    ...(logits.compared === 0 ? {} : { logitsEqual: logits.difference === undefined }),
    logitsCompared: logits.compared,
    winnersCompared: logits.winners,
    ...(logits.difference === undefined ? {} : { firstLogitsDifference: logits.difference }),
    ...(unknown === undefined ? {} : { logitsUnknownAt: unknown }),
    ...(probabilities.compared === 0
      ? {}
      : { logProbabilitiesEqual: probabilities.difference === undefined }),
    ...(probabilities.difference === undefined
      ? {}
      : { firstLogProbabilityDifference: probabilities.difference }),
  };
  return { ...facts, explanation: explain(facts) };
}

function tokenDifference(board: Steps, reference: Steps, step: number): TokenDifference {
  const said = board[step]?.id;
  const wanted = reference[step]?.id;
  return {
    step,
    ...(said === undefined ? {} : { board: said }),
    ...(wanted === undefined ? {} : { reference: wanted }),
  };
}

/** Steps before `end` at which both sides have what `pick` picks: how many, and the first at which it differs. `concerns` chooses among the board's. */
function compareBits(
  board: Steps,
  reference: Steps,
  end: number,
  pick: (step: ConformityStep) => string | undefined,
  concerns: (said: ConformityStep) => boolean = () => true,
): { readonly compared: number; readonly difference?: StepDifference } {
  const pairs = board.slice(0, end).flatMap((said, step) => {
    const own = said && concerns(said) ? pick(said) : undefined;
    const wanted = reference[step] && pick(reference[step]);
    return own === undefined || wanted === undefined ? [] : [{ step, board: own, reference: wanted }];
  });
  const difference = pairs.find((pair) => pair.board !== pair.reference);
  return { compared: pairs.length, ...(difference === undefined ? {} : { difference }) };
}

/**
 * All logits by their CRC, up to and with the first token that differs, as they chose it; where the board computed few of them, the chosen
 * token's own, as long as both chose the same.
 */
function compareLogitsSteps(
  board: Steps,
  reference: Steps,
  end: number,
): { readonly compared: number; readonly winners: number; readonly difference?: LogitsStepDifference } {
  const all = compareBits(board, reference, end + 1, (step) => step.logitsCrc);
  const winners = compareBits(board, reference, end, (step) => step.logitBits, isScreened);
  const found: LogitsStepDifference[] = [];
  if (all.difference !== undefined) found.push({ of: 'all', ...all.difference });
  if (winners.difference !== undefined) found.push({ of: 'winner', ...winners.difference });
  const [difference] = found.sort((a, b) => a.step - b.step);
  return {
    compared: all.compared + winners.compared,
    winners: winners.compared,
    ...(difference === undefined ? {} : { difference }),
  };
}

/** A board says the token's own logit where it cannot say a CRC of all. */
function isScreened(said: ConformityStep | undefined): boolean {
  return said !== undefined && said.logitsCrc === undefined && said.logitBits !== undefined;
}

function explain(facts: Omit<Conformity, 'explanation'>): string {
  const { tokensEqual, tokensTotal, missingSteps } = facts;
  const lost =
    missingSteps.length === 0 ? '' : `, ${missingSteps.length} lost (first at step ${missingSteps[0]})`;
  return `${tokensEqual} of ${tokensTotal} tokens equal${lost}${explainTokens(facts)}${explainLogits(facts)}`;
}

function explainTokens({ firstTokenDifference: difference }: Omit<Conformity, 'explanation'>): string {
  if (difference === undefined) return '';
  const { step, board, reference } = difference;
  if (board === undefined) return `: the board stopped before step ${step}, the reference went on`;
  if (reference === undefined) return `: the board went on at step ${step}, where the reference had stopped`;
  return `: at step ${step} the board chose ${board}, the reference ${reference}`;
}

function explainLogits(facts: Omit<Conformity, 'explanation'>): string {
  const { logitsEqual, logitsCompared, firstLogitsDifference, firstTokenDifference } = facts;
  if (firstLogitsDifference !== undefined)
    return `; ${describeLogitsDifference(firstLogitsDifference, 'from')}`;
  if (logitsEqual === undefined) return `; logits not compared${explainProbabilities(facts)}`;
  const chose = firstTokenDifference?.board !== undefined && firstTokenDifference.reference !== undefined;
  if (chose && facts.logitsUnknownAt === undefined && logitsCompared > firstTokenDifference.step) {
    return '; logits equal to the bit up to there: the choice of the token differs, not the forward pass';
  }
  return `; ${describeEqualLogits(facts)}${explainProbabilities(facts)}`;
}

/** What of the logits was compared, where they are equal. */
export function describeEqualLogits({
  logitsCompared,
  winnersCompared,
}: Pick<Conformity, 'logitsCompared' | 'winnersCompared'>): string {
  if (winnersCompared === 0) return 'logits equal to the bit';
  if (winnersCompared === logitsCompared)
    return "winners' logits equal to the bit, the other logits are not known";
  const whole = logitsCompared - winnersCompared;
  const steps = whole === 1 ? '1 step' : `${whole} steps`;
  return `logits equal to the bit at ${steps}, winners' at the other ${winnersCompared}, whose other logits are not known`;
}

/** Where logits differ, `from` that step on or `first` at it. */
export function describeLogitsDifference(
  { of, step, board, reference }: LogitsStepDifference,
  how: 'from' | 'first at',
): string {
  return of === 'all'
    ? `logits differ ${how} step ${step} (CRC ${board}, reference ${reference})`
    : `winners' logits differ ${how} step ${step} (bits ${board}, reference ${reference})`;
}

function explainProbabilities({
  firstLogProbabilityDifference: difference,
}: Omit<Conformity, 'explanation'>): string {
  if (difference === undefined) return '';
  const { step, board, reference } = difference;
  return `; log-probabilities differ from step ${step} (bits ${board}, reference ${reference})`;
}
