import type { DocumentSet } from './documents.js';
import type { Evaluation } from './evaluate.js';
import { exp } from './exact-math.js';
import { CONFIG, PLAN, RECIPE } from './recipe.js';

export interface Continuation {
  readonly prompt: string;
  readonly greedy: string;
  readonly sampled: string;
}

export interface CardFacts {
  readonly parameters: number;
  readonly training: DocumentSet;
  readonly tokensTrained: number;
  readonly heldOut: DocumentSet;
  readonly perplexity: Evaluation;
  /** The same over the first `RECIPE.checkedStories`. */
  readonly checked: Evaluation;
  readonly unigram: Evaluation;
  /** Of model.safetensors and tokenizer.json, 64 hex digits. */
  readonly weightsSha256: string;
  readonly tokenizerSha256: string;
  readonly continuations: readonly Continuation[];
}

/** The model's README, all figures from the run that made it. */
export function modelCard(facts: CardFacts): string {
  return [introduction(facts), figures(facts), samples(facts), origin(facts)].join('\n');
}

function introduction({ parameters }: CardFacts): string {
  const { layers, hiddenSize, ffnSize, heads, kvHeads, vocabSize, contextLength } = CONFIG;
  return `# ${RECIPE.name}

A Llama of Tiny-LLM's topology, small enough to live in a repository and really trained: ${grouped(parameters)} parameters,
${layers} layer, ${hiddenSize} wide, FFN ${ffnSize} (SwiGLU), ${heads} query heads on ${kvHeads} key-value head, RMSNorm, RoPE, untied head, vocabulary ${vocabSize},
context ${contextLength}, float32. It writes little stories of the five kinds that the prompts of seed 000 open
(\`fixtures/prompts/seed-000.yaml\`), without quotation marks.

Do not edit anything here: \`npm run fixture:train\` makes it all again, byte for byte, on any machine.
`;
}

function figures({ perplexity, checked, unigram, heldOut, training, tokensTrained }: CardFacts): string {
  return `## Figures

Over ${heldOut.documents.length} held-out stories (${grouped(perplexity.tokens)} tokens to predict, end tokens too; another seed, none of them in training):

| | nats a token | perplexity |
| --- | --- | --- |
| this model | ${perplexity.nats.toFixed(4)} | ${perplexity.perplexity.toFixed(4)} |
| the first ${RECIPE.checkedStories} stories alone (a unit test measures them again) | ${checked.nats.toFixed(4)} | ${checked.perplexity.toFixed(4)} |
| unigram baseline (training frequencies, add one) | ${unigram.nats.toFixed(4)} | ${unigram.perplexity.toFixed(2)} |
| the grammar's own choices | ${heldOut.choiceNats.toFixed(4)} | ${exp(heldOut.choiceNats).toFixed(4)} |

The last line counts ln(n) for every pick among n that made those stories: what a reader who knew the grammar would pay.

| training | |
| --- | --- |
| stories | ${grouped(training.documents.length)} (${grouped(training.words)} words, ${grouped(training.tokens)} tokens), seed ${RECIPE.trainingSeed} |
| steps | ${grouped(PLAN.steps)} of ${PLAN.batchSize} stories, ${grouped(tokensTrained)} tokens in all, seed ${PLAN.seed} |
| optimizer | AdamW, learning rate ${PLAN.peakLearningRate} (warm-up ${PLAN.warmUpSteps} steps, cosine to ${PLAN.finalShare} of it), betas ${PLAN.optimizer.beta1} and ${PLAN.optimizer.beta2}, weight decay ${PLAN.optimizer.weightDecay}, clipped at ${PLAN.optimizer.maxGradientNorm} |
| held-out seed | ${RECIPE.heldOutSeed} |
`;
}

function samples({ continuations }: CardFacts): string {
  const blocks = continuations.map(
    ({ prompt, greedy, sampled }) => `**${prompt}**

- greedy: ${greedy}
- sampled: ${sampled}
`,
  );
  return `## What it writes

Up to ${RECIPE.sampleTokens} tokens after each prompt, greedy, and drawn at temperature 1 (seed ${RECIPE.sampleSeed}), by the trainer's own forward pass. One layer chooses the next word well, but it cannot
always keep two speakers apart, or a word of several pieces together.

${blocks.join('\n')}`;
}

function origin({ weightsSha256, tokenizerSha256 }: CardFacts): string {
  return `## Files

| file | SHA-256 |
| --- | --- |
| model.safetensors | ${weightsSha256} |
| tokenizer.json | ${tokenizerSha256} |

Corpus, tokenizer and trainer: \`harness/model/training\`. No outside text or weights went in; licence as the project's.
`;
}

/** With thousands apart: 114,880. */
function grouped(count: number): string {
  return String(count).replace(/\B(?=(\d{3})+$)/g, ',');
}
