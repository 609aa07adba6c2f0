import { extname } from 'node:path';
import { z } from 'zod';
import { readYamlFile } from '../config/yaml-file.js';
import { findInput } from './inputs.js';

const promptFile = z.strictObject({ prompts: z.array(z.string()).min(1) });

/** The prompts themselves, or those of a prompt file (fixtures/prompts/*.yaml: a list under `prompts`). */
export async function resolvePrompts(prompts: string | readonly string[]): Promise<string[]> {
  if (typeof prompts !== 'string') return [...prompts];
  if (!['.yaml', '.yml'].includes(extname(prompts))) return [prompts];
  return (await readYamlFile(findInput(prompts), promptFile)).prompts;
}
