import { existsSync, readdirSync, statSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { ConfigError } from '../errors.js';
import { parseJson, readText } from './json-file.js';
import { RangedFile } from './ranged-file.js';
import type { Tokenizer } from './tokenizer.js';
import { huggingFaceTokenizer } from './tokenizer-huggingface.js';
import { llama2cTokenizer } from './tokenizer-llama2c.js';

const LARGEST_BINARY_BYTES = 64 * 1024 * 1024;

/**
 * Reads a tokenizer: a tokenizer.json (with the tokenizer_config.json beside it, if any), a folder with one, or
 * llama2.c's tokenizer.bin.
 * @param vocabSize the model's, when the tokenizer must have exactly that many tokens
 * @throws ConfigError `file-missing`, `file-unreadable`, `tokenizer-invalid`, `json-syntax`, `json-invalid` or `tokenizer-mismatch`
 */
export async function readTokenizer(path: string, vocabSize?: number): Promise<Tokenizer> {
  const tokenizer = await readAny(isFolder(path) ? join(path, 'tokenizer.json') : path);
  if (vocabSize === undefined || tokenizer.vocabSize === vocabSize) return tokenizer;
  const message = `${tokenizer.path} has ${tokenizer.vocabSize} tokens, but the model's vocabulary has ${vocabSize}`;
  throw new ConfigError('tokenizer-mismatch', message, { path, vocabSize, found: tokenizer.vocabSize });
}

/**
 * The path of the tokenizer that lies in or beside a model: the first of tokenizer.json, tokenizer.bin, tok*.bin and
 * *tokenizer*.bin, in the model's folder and then in its parent, whose vocabulary has exactly `vocabSize` tokens.
 * @throws ConfigError `tokenizer-missing`: what was looked for and where, what was found, and `--tokenizer`
 */
export async function findTokenizer(modelPath: string, vocabSize: number): Promise<string> {
  const folder = isFolder(modelPath) ? resolve(modelPath) : dirname(resolve(modelPath));
  const folders = [...new Set([folder, dirname(folder)])];
  const unfit: string[] = [];
  for (const path of folders.flatMap(tokenizerCandidates)) {
    const verdict = await readTokenizer(path).then(
      (tokenizer) => (tokenizer.vocabSize === vocabSize ? 'fits' : `${tokenizer.vocabSize} tokens`),
      (error: unknown) => {
        if (error instanceof ConfigError) return 'unreadable';
        throw error;
      },
    );
    if (verdict === 'fits') return path;
    unfit.push(`${path}: ${verdict}`);
  }
  const found = unfit.length === 0 ? 'none there' : `found ${unfit.join(', ')}`;
  throw new ConfigError(
    'tokenizer-missing',
    `no tokenizer of ${vocabSize} tokens for ${modelPath}: looked for tokenizer.json, tokenizer.bin, tok*.bin and ` +
      `*tokenizer*.bin in ${folders.join(' and ')} (${found}); name one with --tokenizer`,
    { modelPath, vocabSize, folders },
  );
}

async function readAny(path: string): Promise<Tokenizer> {
  if (!path.endsWith('.json')) {
    await using file = await RangedFile.open(path);
    if (file.sizeBytes > LARGEST_BINARY_BYTES) {
      throw new ConfigError(
        'tokenizer-invalid',
        `${path} is too large for a tokenizer: ${file.sizeBytes} bytes`,
        { path },
      );
    }
    return llama2cTokenizer(await file.read(0, file.sizeBytes), path);
  }
  const json = parseJson(await readText(path), path);
  const companionPath = join(dirname(path), 'tokenizer_config.json');
  const companion = existsSync(companionPath)
    ? parseJson(await readText(companionPath), companionPath)
    : undefined;
  return huggingFaceTokenizer(json, companion, path);
}

/** Files of a folder that may be tokenizers by their names, in the order in which they are tried; two of a kind by name. */
export function tokenizerCandidates(folder: string): readonly string[] {
  const kinds = [/^tokenizer\.json$/, /^tokenizer\.bin$/, /^tok.*\.bin$/, /tokenizer.*\.bin$/];
  const rank = (name: string) => kinds.findIndex((kind) => kind.test(name));
  let names: string[];
  try {
    names = readdirSync(folder);
  } catch {
    return [];
  }
  return names
    .filter((name) => rank(name) >= 0)
    .sort((a, b) => rank(a) - rank(b) || (a < b ? -1 : 1))
    .map((name) => join(folder, basename(name)));
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
}
