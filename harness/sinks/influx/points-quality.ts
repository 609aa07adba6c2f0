import type { RunResult } from '../../results/result.js';
import { meanOverPrompts } from '../over-prompts.js';
import { commonTags, integer, present, type ResultBoard, type UntimedPoint } from './points-common.js';

/**
 * `quality`: what the format costs against float32, as the host computed it. A board that is conform to the bit has exactly
 * this quality, so that there is one only for a board whose tokens and logits are the reference's at every prompt; how far a
 * board that differs is from float32 nobody measured.
 */
export function qualityPoint(result: RunResult, board: ResultBoard): UntimedPoint | undefined {
  const { quality, run, card } = result;
  if (quality === undefined || !isConform(result, board.id, quality.prompts)) return undefined;
  return {
    measurement: 'quality',
    tags: commonTags(result, board),
    fields: present({
      kl_mean: quality.klMean,
      kl_p99: quality.klP99,
      top1: quality.topTokenAgreement,
      ln_ppl_ratio: quality.lnPerplexityRatio,
      perplexity_ratio: Math.exp(quality.lnPerplexityRatio),
      max_abs_delta: quality.maxAbsDelta,
      positions: integer(quality.positions),
      card_bytes: integer(card?.bytes),
      decode_rate: meanOverPrompts(result, board.id, 'decode_rate'),
      run_id: run.id,
    }),
  };
}

function isConform({ conformity }: RunResult, board: string, prompts: number): boolean {
  const own = conformity.filter((row) => row.board === board);
  return (
    own.length === prompts &&
    own.every((row) => row.logitsEqual === true && row.tokensEqual === row.tokensTotal)
  );
}
