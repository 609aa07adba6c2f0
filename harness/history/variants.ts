import type { ScenarioInput } from '../bench/scenario-spec.js';

/** One line of the nightly: a scenario with a format and a strategy. */
export interface Variant {
  readonly title: string;
  readonly spec: Pick<ScenarioInput, 'format' | 'strategy' | 'quality'>;
  /** What made the history's first build slower: one core, or small chunks of the MLP. Real settings with real costs. */
  readonly firstBuildKnobs: NonNullable<ScenarioInput['knobs']>;
}

const oneCore = { core_split: 0 };

export const variants: readonly Variant[] = [
  {
    title: 'first light',
    spec: { format: 'float32', strategy: 'seed' },
    firstBuildKnobs: { mlp_bytes: 4096 },
  },
  {
    title: 'formats',
    spec: { format: 'float32', strategy: 'fast' },
    firstBuildKnobs: oneCore,
  },
  { title: 'formats', spec: { format: 'int8', strategy: 'fast', quality: true }, firstBuildKnobs: oneCore },
  { title: 'formats', spec: { format: 'int4', strategy: 'fast', quality: true }, firstBuildKnobs: oneCore },
];

/** The line of the nightly that failing runs stand for. */
export const failingVariant = variants[3]!;
