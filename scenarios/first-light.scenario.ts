import { exactMeasurements, logits, measured, scenario, tokens } from 'tokenrack';

// The five prompts of the seeds on a model that everyone has: is the board right, to the bit, and what does it cost?
scenario('first light', {
  model: 'fixtures/models/little-stories',
  format: 'float32',
  prompts: 'fixtures/prompts/seed-000.yaml',
  generate: { tokens: 32, temperature: 0 },
  repeats: 3,
  expect: [
    tokens.equalTheReference(),
    logits.equalTheReferenceToTheBit(),
    exactMeasurements.areIdenticalOverRepeats(),
    measured('psram_peak').isAtMost('140 KB'),
    measured('sd_reads_per_token').is(10),
  ],
});
