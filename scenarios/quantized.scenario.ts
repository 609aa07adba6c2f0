import { logits, nothingBeatsPhysics, quantizedBuilds, sweep, tokens } from 'tokenrack';

// Do builds that the quantization lab accepts run on the board as the host says, to the bit, and are they as fast and as small as they were
// accepted for? formats.scenario.ts asks the first of every weight format alone, with weights that are merely rounded; here are builds as
// `tokenrack quantize` makes them, quantized when this file is loaded, with quality, speed and memory in one table.
// (`tokenrack quantize` runs each build of any model on the virtual board by itself: one that is not conform is never accepted.)
const model = 'fixtures/models/little-stories';

/** A token reads one row of the embedding: at 8 bits it costs room on the card, not time, and nearly halves the loss of 4 bits. */
const exceptions = { embed_tokens: { bits: 8 } } as const;

const builds = await quantizedBuilds(model, {
  'int8, a scale a tensor': { method: 'naive', bits: 8 },
  'int8, a scale a row': { method: 'nearest', bits: 8 },
  'int4, gptq': { method: 'gptq', bits: 4 },
  'int4, gptq, embedding at 8 bits': { method: 'gptq', bits: 4, exceptions },
  'int4, awq, embedding at 8 bits': { method: 'awq', bits: 4, exceptions },
});

sweep('formats, accepted builds', {
  base: {
    strategy: 'fast',
    prompts: ['Once upon a time'],
    generate: { tokens: 8, temperature: 0, stopAtEnd: false },
    repeats: 1,
    warmups: 0,
    context: 256,
    expect: [tokens.equalTheReference(), logits.equalTheReferenceToTheBit()],
  },
  variants: builds.variants,
  report: builds.report,
  expect: {
    'no run is faster than its weights can be moved': nothingBeatsPhysics,
    'every build is accepted': builds.requireAccepted,
  },
});
