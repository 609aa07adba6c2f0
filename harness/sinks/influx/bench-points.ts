import type { Point } from './point.js';

const START_NS = 1_764_547_200_000_000_000n;

/** Points like those of `generation`, one after the other; the same every time. */
export function* samplePoints(count: number): Generator<Point> {
  for (let index = 0; index < count; index++) yield samplePoint(index);
}

function samplePoint(index: number): Point {
  const wobble = (index * 2_654_435_761) % 1000;
  return {
    measurement: 'generation',
    tags: {
      board: `cam-${(index % 8) + 1}`,
      clock: 'modelled',
      chip_rev: '301',
      model: 'little-stories',
      format: ['float32', 'int8', 'int4'][index % 3]!,
      strategy: 'fast',
      suite: 'nightly',
      scenario: 'first light',
      channel: 'dev',
      arm: 'candidate',
      prompt: 'Once upon a time, there was',
      repeat: String(index % 10),
    },
    fields: {
      decode_rate: 7.5 + wobble / 1000,
      prefill_rate: 7.6 + wobble / 1000,
      time_to_first_token: 531_108 + wobble,
      stage_attention: 41_000 + wobble,
      stage_mlp: 62_000 + wobble,
      stage_head: 28_000 + wobble,
      sd_reads_per_token: 10,
      sd_seeks_per_token: 9,
      sd_bytes_per_token: 327_936,
      run_id: '2026-11-21_13-43-42-first-light',
      build: '0.1.0-c7774010',
    },
    timestampNs: START_NS + BigInt(index),
  };
}
