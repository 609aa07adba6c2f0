import { createHash } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse } from 'yaml';
import { packageRoot } from '../../paths.js';
import type { Checkpoint, TensorName } from '../checkpoint.js';
import { writeCheckpoint } from '../write-checkpoint.js';
import { type BytePairEncoder, bytePairEncoder } from './byte-pair-encoder.js';
import { Choices } from './choices.js';
import { continueText } from './continue-text.js';
import { encodeStories } from './documents.js';
import { evaluate, evaluateUnigram } from './evaluate.js';
import { type Continuation, modelCard } from './model-card.js';
import type { Parameters } from './parameters.js';
import { progressLine } from './progress-line.js';
import { CONFIG, heldOutStories, PLAN, RECIPE, trainingStories } from './recipe.js';
import { tokenizerJson } from './tokenizer-json.js';
import { trainTokenizer } from './train-tokenizer.js';
import { train } from './trainer.js';

const PROGRESS_INTERVAL_MS = 5000;

/** Makes corpus, tokenizer, weights and README, and writes them to `folder`. */
async function makeFixture(folder: string): Promise<void> {
  const stories = trainingStories();
  say(`${stories.length} stories told`);
  const pairs = trainTokenizer(
    stories.map(({ text }) => text),
    CONFIG.vocabSize,
  );
  const encoder = bytePairEncoder(pairs);
  const training = encodeStories(stories, encoder, RECIPE.longestStoryTokens);
  const heldOut = encodeStories(heldOutStories(stories), encoder, RECIPE.longestStoryTokens);
  say(`${pairs.pieces.length} pieces learned, ${training.tokens} tokens to train on`);

  const { model, tokensTrained } = trainAloud(training.documents);
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'tokenizer.json'), tokenizerJson(pairs));
  await writeCheckpoint(asCheckpoint(model), folder);

  const card = modelCard({
    parameters: model.values.length,
    training,
    tokensTrained,
    heldOut,
    perplexity: evaluate(model, heldOut.documents),
    checked: evaluate(model, heldOut.documents.slice(0, RECIPE.checkedStories)),
    unigram: evaluateUnigram(training.documents, heldOut.documents, CONFIG.vocabSize),
    weightsSha256: await sha256(join(folder, 'model.safetensors')),
    tokenizerSha256: await sha256(join(folder, 'tokenizer.json')),
    continuations: await continuations(model, encoder),
  });
  await writeFile(join(folder, 'README.md'), card);
  say(`written to ${folder}`);
}

function trainAloud(documents: readonly (readonly number[])[]): { model: Parameters; tokensTrained: number } {
  const began = performance.now();
  let nextAt = 0;
  let tokensTrained = 0;
  const model = train(CONFIG, PLAN, documents, (progress) => {
    tokensTrained = progress.tokens;
    const elapsedMs = performance.now() - began;
    if (elapsedMs < nextAt && progress.step < PLAN.steps) return;
    nextAt = elapsedMs + PROGRESS_INTERVAL_MS;
    say(progressLine(progress, PLAN.steps, elapsedMs));
  });
  return { model, tokensTrained };
}

function asCheckpoint({ config, tensors }: Parameters): Checkpoint {
  return {
    name: RECIPE.name,
    config,
    tensors: tensors as Record<TensorName, Float32Array>,
    source: { path: RECIPE.name, format: 'seeded', dtype: 'float32' },
  };
}

async function continuations(model: Parameters, encoder: BytePairEncoder): Promise<Continuation[]> {
  const path = join(packageRoot, 'fixtures/prompts/seed-000.yaml');
  const { prompts } = parse(await readFile(path, 'utf8')) as { prompts: string[] };
  const choices = new Choices(RECIPE.sampleSeed);
  return prompts.map((prompt) => {
    const tokens = encoder.encode(prompt);
    const write = (drawn?: Choices) =>
      encoder.decode([...tokens, ...continueText(model, tokens, RECIPE.sampleTokens, drawn)]);
    return { prompt, greedy: write(), sampled: write(choices) };
  });
}

async function sha256(path: string): Promise<string> {
  return createHash('sha256')
    .update(await readFile(path))
    .digest('hex');
}

function say(line: string): void {
  process.stderr.write(`${line}\n`);
}

await makeFixture(process.argv[2] ?? join(packageRoot, 'fixtures/models', RECIPE.name));
