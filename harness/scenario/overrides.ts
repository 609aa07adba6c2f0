import type { ScenarioInput } from '../bench/scenario-spec.js';

/** What the command line says instead of the scenario. */
export interface Overrides {
  readonly model?: string;
  readonly tokenizer?: string;
  readonly format?: string;
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

/** The spec with the overrides in place of what they name. Pure. */
export function applyOverrides(input: ScenarioInput, overrides: Overrides): ScenarioInput {
  const { tokens, prompts, format, provision, ...plain } = overrides;
  return {
    ...input,
    ...plain,
    ...(format === undefined ? {} : { format: format as NonNullable<ScenarioInput['format']> }),
    ...(provision === undefined ? {} : { provision: provision as NonNullable<ScenarioInput['provision']> }),
    ...(prompts === undefined ? {} : { prompts: [...prompts] }),
    ...(tokens === undefined ? {} : { generate: { ...input.generate, tokens } }),
  };
}
