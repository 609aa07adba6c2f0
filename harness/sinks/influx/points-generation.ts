import type { ResultGeneration, RunResult } from '../../results/result.js';
import {
  commonTags,
  integer,
  present,
  type ResultBoard,
  shorten,
  type UntimedPoint,
} from './points-common.js';

const PROMPT_LENGTH = 60;

/** `generation`: every measurement of one generation, under its own name. */
export function generationPoint(
  result: RunResult,
  board: ResultBoard,
  generation: ResultGeneration,
): UntimedPoint {
  const { prompt, repeat, measured = {}, referenceEqual, logitsEqual } = generation;
  return {
    measurement: 'generation',
    tags: { ...commonTags(result, board), prompt: shorten(prompt, PROMPT_LENGTH), repeat: String(repeat) },
    fields: present({
      ...measured,
      run_id: result.run.id,
      build: result.build.id,
      tokens_equal: integer(referenceEqual),
      logits_equal: integer(logitsEqual),
    }),
  };
}
