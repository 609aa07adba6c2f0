import { describeEqualLogits, describeLogitsDifference } from '../reference/conformity.js';
import type { Comparison, LogitsDifference } from './comparison.js';
import { addressOf, type Evidence } from './evidence.js';
import type { Plan } from './plan.js';
import { fails, holds, lacks, type Ruling } from './ruling.js';

/** Why a run with a foreign firmware cannot tell how it stands against the reference. */
function withoutReference({ foreign }: Plan): Ruling | undefined {
  return foreign === undefined ? undefined : lacks('a foreign firmware is not compared with the reference');
}

/** Whether every token is the reference's; undefined when all that came are. */
export function judgeTokens({ comparisons, plan }: Evidence): Ruling | undefined {
  const absent = withoutReference(plan);
  if (absent !== undefined) return absent;
  const wrong = comparisons.find((one) => one.firstTokenDifference !== undefined);
  const difference = wrong?.firstTokenDifference;
  if (wrong === undefined || difference === undefined) return undefined;
  const { step, board, reference } = difference;
  const said = board === undefined ? 'ended' : `made token ${board}`;
  const wanted = reference === undefined ? 'the reference ended' : `the reference made ${reference}`;
  return fails(`${addressOf(wrong, plan)}: step ${step} ${said}, ${wanted}`);
}

/** Whether logits are the reference's to the bit, as far as the board computed them. */
export function judgeLogits(evidence: Evidence): Ruling | undefined {
  const { comparisons, plan } = evidence;
  const absent = withoutReference(plan);
  if (absent !== undefined) return absent;
  const wrong = comparisons.find((one) => one.logitsEqual === false);
  if (wrong !== undefined) return fails(describeWrongLogits(wrong, evidence));
  const unknown = comparisons.find((one) => one.logitsUnknownAt !== undefined);
  if (unknown !== undefined) {
    const step = unknown.logitsUnknownAt;
    return lacks(
      `${addressOf(unknown, plan)}: step ${step} made another token, of whose logits few were computed`,
    );
  }
  if (comparisons.some((one) => one.logitsEqual === undefined))
    return lacks('the run took no logits CRCs; ask for `logits: crc`');
  return describeScreened(comparisons);
}

/** What was compared, when a screen kept logits from being computed. */
function describeScreened(comparisons: readonly Comparison[]): Ruling | undefined {
  const total = (pick: (one: Comparison) => number): number =>
    comparisons.reduce((sum, one) => sum + pick(one), 0);
  const winnersCompared = total((one) => one.winnersCompared);
  if (winnersCompared === 0) return undefined;
  const logitsCompared = total((one) => one.logitsCompared);
  const tokens = `${total((one) => one.tokensEqual)} of ${total((one) => one.tokensTotal)} tokens equal`;
  return holds(`${tokens}; ${describeEqualLogits({ logitsCompared, winnersCompared })}`);
}

function describeWrongLogits(wrong: Comparison, { plan, diagnoses }: Evidence): string {
  const difference = wrong.firstLogitsDifference;
  if (difference === undefined) return `${addressOf(wrong, plan)}: the tokens differ`;
  const diagnosis = diagnoses.find((one) => one.board === wrong.board && one.prompt === wrong.prompt);
  const detail = diagnosis === undefined ? '' : `; ${describeDifference(diagnosis)}`;
  return `${addressOf(wrong, plan)}: ${describeLogitsDifference(difference, 'first at')}${detail}`;
}

function describeDifference({ maxAbsDelta, klDivergence, topTokenEqual }: LogitsDifference): string {
  const top = topTokenEqual ? 'same top token' : 'another top token';
  return `max |delta logit| ${maxAbsDelta.toPrecision(3)}, KL ${klDivergence.toPrecision(3)}, ${top}`;
}
