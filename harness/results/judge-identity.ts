import { addressOf, type Evidence } from './evidence.js';
import type { GenerationFacts } from './generation.js';
import type { Sample } from './measure.js';
import { definitionOf } from './measurement-catalogue.js';
import type { Plan } from './plan.js';
import { fails, lacks, type Ruling } from './ruling.js';

/** Whether repeats are one another's equal: exact measurements, tokens, and what is known of logits. */
export function judgeIdentity({ samples, generations, plan }: Evidence): Ruling | undefined {
  if (plan.repeats < 2) return lacks('one repeat has nothing to be identical with');
  const first = new Map<string, Sample>();
  for (const sample of samples) {
    if (sample.repeat === undefined || definitionOf(sample.name).kind !== 'exact') continue;
    const place = `${sample.board}|${sample.prompt}|${sample.name}`;
    const earlier = first.get(place);
    if (earlier === undefined) first.set(place, sample);
    else if (earlier.value !== sample.value) {
      const { label } = definitionOf(sample.name);
      const where = addressOf({ ...sample, prompt: sample.prompt ?? 0, repeat: sample.repeat }, plan);
      return fails(
        `${where}: ${label} is ${sample.value}, at repeat ${earlier.repeat} it was ${earlier.value}`,
      );
    }
  }
  return judgeSequences(generations, plan);
}

function judgeSequences(generations: readonly GenerationFacts[], plan: Plan): Ruling | undefined {
  const first = new Map<string, GenerationFacts>();
  for (const generation of generations) {
    const place = `${generation.board}|${generation.prompt}`;
    const earlier = first.get(place);
    if (earlier === undefined) first.set(place, generation);
    else if (!sameSequence(earlier, generation)) {
      return fails(`${addressOf(generation, plan)}: tokens or logits differ from repeat ${earlier.repeat}`);
    }
  }
  const unknown = generations.find((generation) => generation.tokensCrc === undefined);
  return unknown === undefined ? undefined : lacks(`${addressOf(unknown, plan)}: its log gives no token ids`);
}

/** Tokens and what is known of their logits; `logitBits` where a screen kept a CRC from being made. */
function sameSequence(a: GenerationFacts, b: GenerationFacts): boolean {
  if (a.tokensCrc !== b.tokensCrc || a.logitsCrc !== b.logitsCrc) return false;
  return a.tokens?.every((token, index) => token.logitBits === b.tokens?.[index]?.logitBits) ?? true;
}
