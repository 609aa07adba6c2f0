import type { RunResult } from '../../results/result.js';
import { combineVerdicts, type Failure, type Verdict } from '../../results/verdict.js';
import { largestOverPrompts, meanOverPrompts } from '../over-prompts.js';
import {
  commonTags,
  type Fields,
  integer,
  present,
  type ResultBoard,
  shorten,
  type UntimedPoint,
} from './points-common.js';

const MESSAGE_LENGTH = 200;

/** `run`: how it ended for the board, and one figure of each kind for every board. `report` is where its report lies. */
export function runPoint(result: RunResult, board: ResultBoard, report: string): UntimedPoint {
  const { run, build, model, attempts, card } = result;
  const failures = failuresOfBoard(result, board.id);
  const verdict = combineVerdicts(failures.map((failure) => failure.class));
  const made = attempts?.filter((one) => one.board === board.id).length;
  const message = failures[0]?.message;
  return {
    measurement: 'run',
    tags: commonTags(result, board),
    fields: present({
      verdict,
      ...verdictCounts(verdict),
      attempts: integer(made),
      run_id: run.id,
      build: build.id,
      model_hash: model.hash,
      message: message === undefined ? undefined : shorten(message, MESSAGE_LENGTH),
      report,
      ...figures(result, board.id),
      ...tokenCounts(result, board.id),
      card_bytes: integer(card?.bytes),
    }),
  };
}

/** Its own, and those that concern every board. */
function failuresOfBoard({ failures }: RunResult, board: string): Failure[] {
  return failures.filter((failure) => failure.board === undefined || failure.board === board);
}

/** Numbers beside the word, so that a query can count failures by class. */
function verdictCounts(verdict: Verdict): Fields {
  const passed = verdict === 'pass';
  const product = verdict === 'product-fail';
  const infra = verdict === 'infra-fail';
  return {
    passed: integer(passed),
    failed_product: integer(product),
    failed_infra: integer(infra),
    failed_other: integer(!passed && !product && !infra),
  };
}

function figures(result: RunResult, board: string): Readonly<Record<string, number | undefined>> {
  return {
    decode_rate: meanOverPrompts(result, board, 'decode_rate'),
    prefill_rate: meanOverPrompts(result, board, 'prefill_rate'),
    time_to_first_token: meanOverPrompts(result, board, 'time_to_first_token'),
    psram_peak: largestOverPrompts(result, board, 'psram_peak'),
    heap_peak: largestOverPrompts(result, board, 'heap_peak'),
    sd_reads_per_token: largestOverPrompts(result, board, 'sd_reads_per_token'),
    sd_seeks_per_token: largestOverPrompts(result, board, 'sd_seeks_per_token'),
    sd_bytes_per_token: largestOverPrompts(result, board, 'sd_bytes_per_token'),
  };
}

/** Absent when nothing was compared with the reference. */
function tokenCounts({ conformity }: RunResult, board: string): Fields {
  const own = conformity.filter((row) => row.board === board);
  if (own.length === 0) return {};
  return {
    tokens_total: integer(own.reduce((sum, row) => sum + row.tokensTotal, 0)),
    tokens_equal: integer(own.reduce((sum, row) => sum + row.tokensEqual, 0)),
  };
}
