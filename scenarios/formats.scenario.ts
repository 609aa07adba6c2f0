import {
  localModel,
  logits,
  nothingBeatsPhysics,
  type ScenarioInput,
  strategyReport,
  sweep,
  tokens,
} from 'tokenrack';

// Does the board compute what every weight format says, to the bit? The host's reference is a second implementation of
// firmware/FORMATS.md, written apart from the firmware's. Builds that the quantization lab accepts are in quantized.scenario.ts.
const FORMATS = [
  'float32',
  'float16',
  'bfloat16',
  'int8',
  'int8_row',
  'int4',
  'int2',
  'ternary',
  'ternary_2bit',
  'binary',
] as const;

const base: ScenarioInput = {
  prompts: ['Once'],
  generate: { tokens: 6, temperature: 0, stopAtEnd: false },
  repeats: 1,
  warmups: 0,
  context: 256,
  expect: [tokens.equalTheReference(), logits.equalTheReferenceToTheBit()],
};

const physics = { 'no run is faster than its weights can be moved': nothingBeatsPhysics };

const everyFormat = (input: ScenarioInput): Record<string, ScenarioInput> =>
  Object.fromEntries(
    FORMATS.flatMap((format) => [
      [`${format}, seed`, { ...input, format, strategy: 'seed' }],
      [`${format}, fast`, { ...input, format, strategy: 'fast' }],
    ]),
  );

sweep('formats, little-stories', {
  base,
  variants: {
    ...everyFormat({ model: 'fixtures/models/little-stories' }),
    'mixed, fast': {
      model: 'fixtures/models/little-stories',
      format: 'int4',
      tensors: { embed_tokens: 'float16', lm_head: 'int8_row', down_proj: 'float32', q_proj: 'ternary' },
      strategy: 'fast',
    },
  },
  report: strategyReport,
  expect: physics,
});

const stories260K = localModel('stories260K.bin');
if (stories260K !== undefined) {
  sweep('formats, stories260K', {
    base,
    variants: everyFormat({ model: stories260K }),
    report: strategyReport,
    expect: physics,
  });
}

sweep('formats, random weights of Tiny-LLM', {
  base: { ...base, model: 'seeded:tiny-llm/1', generate: { ...base.generate, tokens: 3 } },
  variants: everyFormat({}),
  report: strategyReport,
  expect: physics,
});
