import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import { readEnvironment } from '../config/environment.js';
import type { Checkpoint } from '../model/checkpoint.js';
import { makeModel } from '../model/make-model.js';
import { readCheckpoint } from '../model/read-checkpoint.js';
import { findTokenizer, readTokenizer } from '../model/read-tokenizer.js';
import { buildScreen } from '../model/screen.js';
import type { Tokenizer } from '../model/tokenizer.js';
import { mean } from '../stats/mean.js';
import { median } from '../stats/median.js';
import { percentile } from '../stats/percentile.js';
import { Activation } from './activation.js';
import { createOracle } from './oracle.js';
import { judgeScreen, readScreen, type ScreenOutcome, scanScreen } from './screen.js';

/** Positions for each head; TOKENRACK_TRIALS=3000 takes about four minutes. */
const positions = readEnvironment().trials ?? 60;

/** Tokens of a story that are looked at. */
const STORY_TOKENS = 60;

/** The screen's outcomes along the beginnings of stories, every story from position 0 on. */
function outcomes(model: Checkpoint, stories: readonly number[][]): ScreenOutcome[] {
  const { vocabSize, hiddenSize } = model.config;
  const start = performance.now();
  const file = buildScreen(model.tensors.lm_head, vocabSize, hiddenSize);
  console.log(`    ${model.name}: screened in ${((performance.now() - start) / 1000).toFixed(1)} s`);
  const screen = readScreen(file, vocabSize, hiddenSize);
  const oracle = createOracle(model, { contextLength: STORY_TOKENS });
  const found: ScreenOutcome[] = [];
  for (const story of stories) {
    for (const [position, token] of story.slice(0, STORY_TOKENS).entries()) {
      if (found.length === positions) return found;
      const logits = oracle.forward(token, position);
      found.push(judgeScreen(scanScreen(screen, new Activation(oracle.hidden())), logits));
    }
    oracle.reset();
  }
  return found;
}

/** Prints mean, median and 99th percentile of the rows left, and the worst rank. */
function report(name: string, found: readonly ScreenOutcome[]): void {
  const line = (rows: readonly number[]) =>
    [mean(rows), median(rows), percentile(rows, 99)].map(({ value }) => value?.toFixed(1) ?? '-');
  const before = line(found.map(({ left }) => left)).join(', ');
  const after = line(found.map(({ leftAfterBest }) => leftAfterBest)).join(', ');
  const rank = Math.max(...found.map((outcome) => outcome.rank));
  console.log(
    `    ${name}, ${found.length} positions: rows left (mean, median, p99) ${before}; ` +
      `with the best row exact ${after}; worst rank of the winner ${rank}`,
  );
}

function requireSound(found: readonly ScreenOutcome[]): void {
  expect(found).to.have.lengthOf(positions);
  for (const outcome of found) expect(outcome).to.include({ keptWinner: true, boundsHold: true });
}

describe('screen of the head, on models of Tiny-LLM shape', function () {
  this.timeout(Math.max(60_000, 300 * positions));
  const folder = readEnvironment().modelsFolder;
  let stories: number[][] = [];

  before(async function () {
    if (folder === undefined) {
      console.log('    (no real models here: set TOKENRACK_MODELS to see what screening their heads leaves)');
      this.skip();
    }
    const tokenizer = await readTokenizer(await findTokenizer(join(folder, 'tinyllm-stories'), 32000));
    stories = tokenize(await readFile(join(folder, 'tinyllm-stories', 'heldout.txt'), 'utf8'), tokenizer);
  });

  it('tinyllm-stories: leaves few rows of a trained head, the winner always among them', async () => {
    const model = await readCheckpoint(join(folder!, 'tinyllm-stories'));
    const found = outcomes(model, stories);
    report(model.name, found);
    requireSound(found);
    const left = mean(found.map(({ leftAfterBest }) => leftAfterBest));
    expect(left)
      .to.have.property('value')
      .below(32000 / 500);
  });

  it('a random head: leaves more rows, the winner always among them', () => {
    const model = makeModel('tiny-llm', { seed: 1 });
    const found = outcomes(model, stories);
    report(model.name, found);
    requireSound(found);
  });
});

function tokenize(text: string, tokenizer: Tokenizer): number[][] {
  const stories = text.split(/\n{2,}/).filter((story) => story.trim() !== '');
  return stories.map((story) => [...tokenizer.encode(story)]);
}
