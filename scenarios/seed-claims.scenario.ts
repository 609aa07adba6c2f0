import { expect } from 'chai';
import {
  localModel,
  logits,
  nothingBeatsPhysics,
  type ScenarioInput,
  seedClaimsReport,
  sweep,
  tokens,
} from 'tokenrack';

// The seeds' streaming, exactly: what it takes in memory and how fast it is, beside what seeds 001 and 002 say; with a bounce buffer in
// internal RAM, and straight into PSRAM as their text taken literally has it.
const seed = (format: 'float32' | 'int8', label: string): ScenarioInput => ({
  format,
  strategy: 'seed',
  boards: { labels: [label] },
});

const PEAKS = { float32: 940_000, int8: 700_000 } as const;
const variants: Record<string, ScenarioInput> = {};
for (const format of ['float32', 'int8'] as const) {
  for (const card of ['1-bit', '4-bit']) {
    variants[`${format}, ${card}`] = seed(format, `${card}-card`);
    variants[`${format}, ${card}, no bounce buffer`] = seed(format, `${card}-card-without-bounce-buffer`);
  }
}

sweep('seed claims', {
  base: {
    model: localModel('tinyllm-stories') ?? 'seeded:tiny-llm/1',
    prompts: ['Once'],
    generate: { tokens: 3, temperature: 0, stopAtEnd: false },
    repeats: 1,
    warmups: 0,
    context: 512,
    expect: [tokens.equalTheReference(), logits.equalTheReferenceToTheBit()],
  },
  variants,
  report: seedClaimsReport,
  expect: {
    'no run is faster than its weights can be moved': nothingBeatsPhysics,
    ...Object.fromEntries(
      Object.entries(PEAKS).map(([format, peak]) => [
        `stays within the seeds' peak of ${peak / 1000} KB in ${format}`,
        (points) => {
          const peaks = points
            .filter((point) => point.name.startsWith(format))
            .flatMap((point) => point.result.measurements.filter((one) => one.name === 'psram_peak'));
          expect(peaks).not.to.have.length(0);
          for (const { value } of peaks) expect(value).to.be.at.most(peak);
        },
      ]),
    ),
  },
});
