import { expect } from 'chai';
import {
  localModel,
  logits,
  type MeasurementName,
  nothingBeatsPhysics,
  type ScenarioInput,
  type SweepPoint,
  speedupOverSeed,
  strategyReport,
  sweep,
  tokens,
} from 'tokenrack';

// What does the strategy `fast` buy over the seeds' streaming, on Tiny-LLM's shape, and how near does it come to what the board's
// physics allow? A trained model where one is at hand; on random weights the head's screen has far less to go by.
const trained = localModel('tinyllm-stories');
const random = 'seeded:tiny-llm/1';

const seed: ScenarioInput = { strategy: 'seed', knobs: { prefill_head: 0 } };
const certain: ScenarioInput = { strategy: 'fast', knobs: { screen: 'certain' } };
const checked: ScenarioInput = {
  strategy: 'fast',
  knobs: { screen: 'checked', screen_rows: trained === undefined ? 32 : 8 },
};
// The worst case: on random weights a single row never decides, so that every token costs the screen and the whole head.
const undecided: ScenarioInput = { strategy: 'fast', knobs: { screen: 'certain', screen_rows: 1 } };

// In int4 the whole head fits PSRAM and is its own screen: certain computes all of it, and keeps the largest logit only.
const unscreened: ScenarioInput = { strategy: 'fast', knobs: { screen: 'off' } };

const on = (label: string, variant: ScenarioInput): ScenarioInput => ({
  ...variant,
  boards: { labels: [label] },
});

function strategies(model: string): Record<string, ScenarioInput> {
  const variants: Record<string, ScenarioInput> = {};
  for (const format of ['float32', 'int8'] as const) {
    for (const card of ['1-bit', '4-bit']) {
      const add = (name: string, label: string, variant: ScenarioInput): void => {
        variants[`${format} ${card} ${name}`] = { ...on(label, variant), model, format };
      };
      add('seed', `${card}-card`, seed);
      add('certain', `${card}-card`, certain);
      add('checked', `${card}-card`, checked);
      if (model === random && card === '1-bit') add('undecided', `${card}-card`, undecided);
    }
  }
  return variants;
}

const int4 = (model: string): Record<string, ScenarioInput> =>
  Object.fromEntries(
    Object.entries({ seed, certain, unscreened }).map(([name, variant]) => [
      `int4 1-bit ${name}`,
      { ...on('1-bit-card', variant), model, format: 'int4' },
    ]),
  );

const base: ScenarioInput = {
  prompts: trained === undefined ? ['Once'] : ['Once upon a time', 'The little dog'],
  generate: { tokens: 12, temperature: 0, stopAtEnd: false },
  repeats: 1,
  warmups: 0,
  context: 512,
  expect: [tokens.equalTheReference(), logits.equalTheReferenceToTheBit()],
};

const figures = (points: readonly SweepPoint[], name: string, wanted: MeasurementName): number[] =>
  points
    .filter((point) => point.name === name)
    .flatMap((point) => point.result.measurements.filter((one) => one.name === wanted))
    .map((one) => one.value);

const reads = (points: readonly SweepPoint[], name: string) => figures(points, name, 'sd_reads_per_token');
const rates = (points: readonly SweepPoint[], name: string) => figures(points, name, 'decode_rate');

const atLeast = (name: string, goal: number) => (points: readonly SweepPoint[]) =>
  expect(speedupOverSeed(points, name), `${name} over seed`).to.be.at.least(goal);

if (trained !== undefined) {
  sweep('strategies, trained', {
    base,
    variants: { ...strategies(trained), ...int4(trained) },
    report: strategyReport,
    expect: {
      'no run is faster than its weights can be moved': nothingBeatsPhysics,
      'certain is at least 10 times as fast as seed in float32': atLeast('float32 1-bit certain', 10),
      'certain is at least 6 times as fast as seed in int8': atLeast('int8 1-bit certain', 6),
      'certain in int4 is at least 1.5 times as fast as in float32': (points) => {
        expect(rates(points, 'int4 1-bit certain')).not.to.have.length(0);
        const slowest = Math.min(...rates(points, 'int4 1-bit certain'));
        expect(slowest / Math.max(...rates(points, 'float32 1-bit certain'))).to.be.at.least(1.5);
      },
      'seed reads 154 times a token, certain at most 16 times': (points) => {
        expect(reads(points, 'float32 1-bit seed')).to.satisfy((all: number[]) =>
          all.every((one) => one === 154),
        );
        for (const one of reads(points, 'float32 1-bit certain')) expect(one).to.be.at.most(16);
      },
    },
  });
}

sweep(`strategies, random weights${trained === undefined ? ' (no trained model is at hand)' : ''}`, {
  base: { ...base, prompts: ['Once'] },
  variants: strategies(random),
  report: strategyReport,
  expect: {
    'no run is faster than its weights can be moved': nothingBeatsPhysics,
    'certain is at least 3 times as fast as seed in float32': atLeast('float32 1-bit certain', 3),
    'certain is at least 3 times as fast as seed in int8': atLeast('int8 1-bit certain', 3),
  },
});
