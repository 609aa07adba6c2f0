import { z } from 'zod';
import { tokenrackVersion } from '../../version.js';
import type { QuantizedModel } from '../quantized-model.js';
import { openBuild } from './build.js';
import { judgeTexts } from './judge-texts.js';
import type { Lab } from './lab.js';

/** What `tokenrack compare --json` prints: texts of a build beside float32's, prompt by prompt. */
export const comparisonReportSchema = z.object({
  comparison: z.literal(1),
  tokenrack: z.string(),
  model: z.object({ name: z.string(), hash: z.string() }),
  build: z.object({ name: z.string() }),
  /** New tokens of a prompt, at most. */
  tokens: z.int(),
  prompts: z.array(
    z.object({
      prompt: z.string(),
      /** Greedy continuations with the prompt in front. */
      base: z.string(),
      build: z.string(),
      /** New tokens; the first `equalTokens` of both are the same. */
      baseTokens: z.int(),
      buildTokens: z.int(),
      equalTokens: z.int(),
      /** At the prompt's last token; absent when a logit is not finite. */
      topTokenEqual: z.boolean().optional(),
      maxAbsDelta: z.number().optional(),
      /** Nats. */
      klDivergence: z.number().optional(),
      faults: z.array(z.string()),
    }),
  ),
});
export type ComparisonReport = z.output<typeof comparisonReportSchema>;

/** `compare_outputs` of seed 003: continues the lab's prompts with both models, greedily. */
export async function compareOutputs(
  lab: Lab,
  original: string,
  quantized: string | QuantizedModel,
): Promise<ComparisonReport> {
  const subject = await lab.subject(original);
  const build = await openBuild(quantized, subject);
  const base = await lab.baseTexts(subject);
  const tell = (done: number, total: number) => lab.tell(`${build.name} writes`, done, total);
  const pairs = await judgeTexts(build, base, subject.tokenizer, tell, lab.options.signal);
  return {
    comparison: 1,
    tokenrack: tokenrackVersion,
    model: { name: subject.checkpoint.name, hash: subject.hash },
    build: { name: build.name },
    tokens: base.tokens,
    prompts: pairs.map(({ atPrompt, faults, ...pair }) => ({ ...pair, ...atPrompt, faults: [...faults] })),
  };
}
