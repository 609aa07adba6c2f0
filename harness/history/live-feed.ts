import type { ResultAttempt, RunResult } from '../results/result.js';
import type { Point } from '../sinks/influx/point.js';

const secondsARepeat = 30;

interface LiveState {
  readonly state: string;
  readonly seconds: number;
}

/**
 * Points of `live` (dashboards/SCHEMA.md) for runs that began together `seconds` before `endMs`: one a second and board, with
 * each board's phases as long as its attempt took, and the rate of its generations. A board that is done says so once.
 */
export function liveFeed(results: readonly RunResult[], endMs: number, seconds: number): Point[] {
  return results.flatMap((result) => boardFeed(result, endMs - 1000 * seconds, seconds));
}

function boardFeed(result: RunResult, startMs: number, seconds: number): Point[] {
  const tags = { board: result.boards[0]!.id, scenario: result.run.title };
  const points: Point[] = [];
  const phases = phasesOf(result);
  let tokens = 0;
  for (let second = 0; second < seconds; second++) {
    const state = stateAt(phases, second);
    const rate = state === 'generating' ? rateAt(result, second) : undefined;
    tokens += rate ?? 0;
    points.push({
      measurement: 'live',
      tags,
      fields: {
        state,
        tokens: BigInt(Math.floor(tokens)),
        ...(rate === undefined ? {} : { token_rate: rate }),
      },
      timestampNs: BigInt(startMs + 1000 * second) * 1_000_000n,
    });
    if (state === 'done') break;
  }
  return points;
}

function phasesOf(result: RunResult): LiveState[] {
  const { flash, provision, loadUs }: Partial<ResultAttempt> = result.attempts?.[0] ?? {};
  return [
    { state: 'flashing', seconds: (flash?.elapsedMs ?? 0) / 1e3 },
    { state: 'booting', seconds: 1 },
    { state: 'provisioning', seconds: (provision?.elapsedUs ?? 0) / 1e6 },
    { state: 'loading', seconds: (loadUs ?? 0) / 1e6 },
    { state: 'generating', seconds: generatingSeconds(result) },
  ];
}

/** As if the run went on for 100 times as long: the history's runs are short. */
function generatingSeconds({ generations }: RunResult): number {
  const seconds = generations.map(
    ({ tokens = [], measured }) => tokens.length / (measured?.decode_rate ?? Number.POSITIVE_INFINITY),
  );
  return 100 * seconds.reduce((sum, one) => sum + one, 0);
}

function stateAt(phases: readonly LiveState[], second: number): string {
  let left = second;
  for (const { state, seconds } of phases) {
    if (left < seconds) return state;
    left -= seconds;
  }
  return 'done';
}

function rateAt({ generations }: RunResult, second: number): number | undefined {
  return generations[Math.floor(second / secondsARepeat) % generations.length]?.measured?.decode_rate;
}
