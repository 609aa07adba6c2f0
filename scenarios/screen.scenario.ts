import { expect } from 'chai';
import { localModel, logits, type ScenarioInput, screenReport, sweep, tokens, trials } from 'tokenrack';

// How often does `checked` miss? It computes the N most promising rows of the head and has no proof, so every token is held against the
// reference: a miss is a wrong token. A few tokens by default; TOKENRACK_TRIALS=10000 runs ten thousand.
const trained = localModel('tinyllm-stories');
const wanted = trials() ?? 240;
const TOKENS = 240;
// On random weights the winner lies deeper: it was 10th at worst among 1,500 positions.
const rows = trained === undefined ? 32 : 8;

const openings = (count: number): string[] => {
  const names = ['Tom', 'Lily', 'Ben', 'Mia', 'Sam', 'Anna', 'Max'];
  const acts = ['went to', 'found', 'saw', 'wanted', 'made', 'lost', 'played with', 'liked'];
  const things = [
    'a big dog',
    'the park',
    'a red ball',
    'the old house',
    'her friend',
    'a small boat',
    'the moon',
  ];
  return Array.from({ length: count }, (_, i) => {
    const name = names[i % names.length]!;
    const act = acts[Math.floor(i / names.length) % acts.length]!;
    return `One day, ${name} ${act} ${things[Math.floor(i / 3) % things.length]!}.`;
  });
};

const screen = (format: 'float32' | 'int8'): ScenarioInput => ({
  format,
  strategy: 'fast',
  knobs: { screen: 'checked', screen_rows: rows },
});

sweep(
  `screen, ${wanted} tokens${trained === undefined ? ', random weights (no trained model is at hand)' : ''}`,
  {
    base: {
      model: trained ?? 'seeded:tiny-llm/1',
      prompts: trained === undefined ? ['Once'] : openings(Math.ceil(wanted / TOKENS)),
      generate: { tokens: TOKENS, temperature: 0, stopAtEnd: false },
      repeats: 1,
      warmups: 0,
      context: 300,
      expect: [tokens.equalTheReference(), logits.equalTheReferenceToTheBit()],
    },
    variants: {
      [`float32, ${rows} rows`]: screen('float32'),
      ...(trials() === undefined ? {} : { [`int8, ${rows} rows`]: screen('int8') }),
    },
    report: screenReport,
    expect: {
      'the exact winner is always among the rows that were computed': (points) => {
        expect(points).not.to.have.length(0);
        for (const { result } of points) {
          for (const row of result.conformity) expect(row.tokensEqual).to.equal(row.tokensTotal);
        }
      },
    },
  },
);
