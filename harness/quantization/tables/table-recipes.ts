import { type Recipe, type RecipeInput, recipeSchema } from '../recipe.js';

/** The seeds whose tables there are. */
export const SEED_TABLES = ['000', '004'] as const;
export type SeedTable = (typeof SEED_TABLES)[number];

/** Seed 000: its own quantizer, and a scale a row. */
const SEED_000: readonly RecipeInput[] = [
  { method: 'naive', bits: 8 },
  { method: 'nearest', bits: 8 },
];

/** The embedding costs most of all matrices at 4 bits, and a board reads one row of it a token. */
const EMBEDDING = { embed_tokens: { bits: 8 } } as const;

/** Seed 004: at each of its bits its quantizer and those that should do better; its own ternary threshold too. */
const SEED_004: readonly RecipeInput[] = [
  ...SEED_000,
  { method: 'naive', bits: 4 },
  { method: 'nearest', bits: 4 },
  { method: 'clip', bits: 4 },
  { method: 'awq', bits: 4 },
  { method: 'gptq', bits: 4 },
  { method: 'awq', bits: 4, exceptions: EMBEDDING },
  { method: 'gptq', bits: 4, exceptions: EMBEDDING },
  { method: 'naive', bits: 2 },
  { method: 'awq', bits: 2 },
  { method: 'gptq', bits: 2 },
  { method: 'naive', bits: 1.58 },
  { method: 'nearest', bits: 1.58, threshold: 0.5 },
  { method: 'gptq', bits: 1.58 },
  { method: 'naive', bits: 1 },
  { method: 'gptq', bits: 1 },
];

/** Minutes each: the model is trained further. */
const TRAINED: readonly RecipeInput[] = [
  { method: 'qat', bits: 1.58 },
  { method: 'qat', bits: 1 },
];

/** The builds that the tables of some seeds need. */
export function tableRecipes(seeds: readonly SeedTable[], trained: boolean): Recipe[] {
  const inputs = seeds.includes('004') ? SEED_004 : SEED_000;
  return [...inputs, ...(trained ? TRAINED : [])].map((input) => recipeSchema.parse(input));
}
