import { existsSync, statSync } from 'node:fs';
import { dirname, extname, isAbsolute, join, resolve } from 'node:path';
import { ConfigError } from '../errors.js';
import { readBuild } from '../image/build-folder.js';
import { tokenizerCandidates } from '../model/read-tokenizer.js';
import { findInput } from './inputs.js';
import type { ScenarioSpec } from './scenario-spec.js';

/** A path of a scenario for which another machine needs files of this one. */
export interface InputFiles {
  readonly key: 'model' | 'tokenizer' | 'build' | 'firmware' | 'card' | 'prompts';
  /** Absolute. */
  readonly path: string;
  /** Absolute paths of the files that belong to it, and of folders that belong to it as a whole. */
  readonly files: readonly string[];
}

/**
 * What a run of the scenario reads besides its own file. What the package brings is not among it: the other machine has the same one.
 * @throws ConfigError `no-input`, and what is wrong with a build
 */
export async function inputFilesOf(spec: ScenarioSpec): Promise<InputFiles[]> {
  const { model, tokenizer, build, firmware, card, prompts } = spec;
  const isPromptFile = typeof prompts === 'string' && ['.yaml', '.yml'].includes(extname(prompts));
  const named: readonly [InputFiles['key'], string | undefined, Lister][] = [
    [
      'model',
      model.startsWith('seeded:') ? undefined : model,
      tokenizer === undefined ? withTokenizers : only,
    ],
    ['tokenizer', tokenizer, only],
    ['build', build, flashedOnly],
    ['firmware', firmware, only],
    ['card', card, only],
    ['prompts', isPromptFile ? prompts : undefined, only],
  ];
  const found: InputFiles[] = [];
  for (const [key, given, list] of named) {
    if (given === undefined || isPackaged(given)) continue;
    const path = findInput(given);
    if (!existsSync(path))
      throw new ConfigError('no-input', `the scenario's ${key} ${given} is not there`, { path });
    found.push({ key, path, files: await list(path) });
  }
  return found;
}

type Lister = (path: string) => Promise<string[]>;

function isPackaged(given: string): boolean {
  return !isAbsolute(given) && findInput(given) !== resolve(given);
}

async function only(path: string): Promise<string[]> {
  return [path];
}

/** A build folder is full of objects: the files that are flashed, and the one that lists them. */
async function flashedOnly(path: string): Promise<string[]> {
  return [join(path, 'flasher_args.json'), ...readBuild(path).files.map((file) => file.path)];
}

/** Wherever `findTokenizer` looks for one. */
async function withTokenizers(path: string): Promise<string[]> {
  const folder = statSync(path).isDirectory() ? path : dirname(path);
  const places = [...(folder === path ? [] : [folder]), dirname(folder)];
  return [path, ...places.flatMap(tokenizerCandidates).filter((file) => file !== path)];
}
