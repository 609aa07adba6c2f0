import { readFile } from 'node:fs/promises';
import type { LlamaConfig } from '../checkpoint.js';
import { parseJson, readText } from '../json-file.js';
import { readTokenizer } from '../read-tokenizer.js';
import { llama2cPieces } from '../tokenizer-llama2c.js';
import type { MetadataEntry } from './gguf-format.js';
import { huggingFaceVocabulary } from './huggingface-vocabulary.js';
import { TOKEN_TYPES, type Vocabulary, type VocabularyOrNone } from './vocabulary.js';

export interface TokenizerMetadata {
  readonly metadata: readonly MetadataEntry[];
  /** What a reader of the file should know, a line each. */
  readonly notes: readonly string[];
}

/** Without a vocabulary, other tools can run the model over token ids only. */
const NO_VOCABULARY: readonly MetadataEntry[] = [['tokenizer.ggml.model', { type: 'string', value: 'none' }]];

/**
 * The `tokenizer.*` keys of a tokenizer file: llama2.c's, or a tokenizer.json that llama.cpp has the like of.
 * @throws ConfigError that of an unreadable tokenizer file, `tokenizer-mismatch`
 */
export async function tokenizerMetadata(
  path: string | undefined,
  { vocabSize, bosId }: LlamaConfig,
): Promise<TokenizerMetadata> {
  if (path === undefined)
    return { metadata: NO_VOCABULARY, notes: ['no tokenizer was found: token ids only'] };
  const tokenizer = await readTokenizer(path, vocabSize);
  const { vocabulary, notes } = await readVocabulary(tokenizer.path, vocabSize);
  if (vocabulary === undefined) return { metadata: NO_VOCABULARY, notes };
  const addsBos = tokenizer.encode('a')[0] === bosId;
  return { metadata: vocabularyMetadata(vocabulary, addsBos), notes };
}

async function readVocabulary(path: string, vocabSize: number): Promise<VocabularyOrNone> {
  if (!path.endsWith('.json'))
    return { vocabulary: llama2cVocabulary(await readFile(path), path), notes: [] };
  return huggingFaceVocabulary(parseJson(await readText(path), path), path, vocabSize);
}

/** Ids 0 unknown, 1 and 2 control, 3 .. 258 bytes; pieces are spelled with a blank for the word mark. */
function llama2cVocabulary(bytes: Uint8Array, path: string): Vocabulary {
  const pieces = llama2cPieces(bytes, path);
  const kind = (id: number) =>
    id === 0
      ? TOKEN_TYPES.unknown
      : id < 3
        ? TOKEN_TYPES.control
        : id < 259
          ? TOKEN_TYPES.byte
          : TOKEN_TYPES.normal;
  const spelled = pieces.map(({ bytes: piece }) => Buffer.from(piece, 'latin1').toString('utf8'));
  return {
    model: 'llama',
    tokens: spelled.map((piece, id) => (id < 259 ? piece.trim() : piece.replaceAll(' ', '▁'))),
    types: pieces.map((_, id) => kind(id)),
    scores: pieces.map(({ score }) => score),
    spacePrefix: true,
  };
}

function vocabularyMetadata(vocabulary: Vocabulary, addsBos: boolean): readonly MetadataEntry[] {
  const { model, tokens, types, scores, merges, spacePrefix } = vocabulary;
  const unknown = types.indexOf(TOKEN_TYPES.unknown);
  const entries: MetadataEntry[] = [
    ['tokenizer.ggml.model', { type: 'string', value: model }],
    ['tokenizer.ggml.pre', { type: 'string', value: model === 'gpt2' ? 'gpt-2' : 'default' }],
    ['tokenizer.ggml.tokens', { type: 'array', of: 'string', value: tokens }],
  ];
  if (scores !== undefined)
    entries.push(['tokenizer.ggml.scores', { type: 'array', of: 'float32', value: scores }]);
  entries.push(['tokenizer.ggml.token_type', { type: 'array', of: 'int32', value: types }]);
  if (merges !== undefined)
    entries.push(['tokenizer.ggml.merges', { type: 'array', of: 'string', value: merges }]);
  if (unknown >= 0) entries.push(['tokenizer.ggml.unknown_token_id', { type: 'uint32', value: unknown }]);
  entries.push(['tokenizer.ggml.add_bos_token', { type: 'bool', value: addsBos }]);
  entries.push(['tokenizer.ggml.add_eos_token', { type: 'bool', value: false }]);
  if (spacePrefix !== undefined)
    entries.push(['tokenizer.ggml.add_space_prefix', { type: 'bool', value: spacePrefix }]);
  return entries;
}
