import type { ScenarioInput } from '../bench/scenario-spec.js';

/** What the command line says instead of the scenario. */
export interface Overrides {
  readonly model?: string;
  readonly tokenizer?: string;
  readonly format?: string;
  readonly strategy?: string;
  readonly knobs?: Readonly<Record<string, string | number>>;
  readonly build?: string;
  readonly firmware?: string;
  readonly card?: string;
  readonly provision?: string;
  readonly prompts?: readonly string[];
  readonly tokens?: number;
  readonly repeats?: number;
  readonly warmups?: number;
  readonly context?: number;
}

/** The spec with the overrides in place of what they name; whoever parses it refuses words that it does not know. Pure. */
export function applyOverrides(input: ScenarioInput, overrides: Overrides): ScenarioInput {
  const { tokens, prompts, knobs, ...plain } = overrides;
  return {
    ...input,
    ...(plain as ScenarioInput),
    ...(knobs === undefined ? {} : { knobs: { ...input.knobs, ...(knobs as ScenarioInput['knobs']) } }),
    ...(prompts === undefined ? {} : { prompts: [...prompts] }),
    ...(tokens === undefined ? {} : { generate: { ...input.generate, tokens } }),
  };
}
