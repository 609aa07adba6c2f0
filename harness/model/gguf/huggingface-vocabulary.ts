import { z } from 'zod';
import { checkJson } from '../json-file.js';
import { TOKEN_TYPES, type Vocabulary, type VocabularyOrNone } from './vocabulary.js';

const step = z.looseObject({ type: z.string() });
type Step = z.output<typeof step>;

const tokenizerSchema = z.looseObject({
  model: z.looseObject({
    vocab: z.record(z.string(), z.int().nonnegative()),
    merges: z.array(z.union([z.string(), z.tuple([z.string(), z.string()])])).default([]),
    unk_token: z.string().nullish(),
    byte_fallback: z.boolean().default(false),
  }),
  normalizer: step.nullish(),
  pre_tokenizer: step.nullish(),
  added_tokens: z
    .array(z.looseObject({ id: z.int(), content: z.string(), special: z.boolean().default(false) }))
    .default([]),
});
type TokenizerJson = z.output<typeof tokenizerSchema>;
type Pair = readonly [string, string];

const BYTE_PIECE = /^<0x[0-9A-F]{2}>$/;

/**
 * A tokenizer.json's vocabulary in GGUF's terms: one with byte fallback as `llama`, whose scores put the merges in their
 * order; GPT-2's byte-level one as `gpt2` with its merges. llama.cpp knows other ways to split a text by name only: those
 * are left out, with a note.
 * @throws ConfigError `json-invalid`
 */
export function huggingFaceVocabulary(json: unknown, path: string, vocabSize: number): VocabularyOrNone {
  const tokenizer = checkJson(json, path, tokenizerSchema);
  const merges = tokenizer.model.merges.map(pairOf);
  if (isGpt2(tokenizer)) {
    const listed = merges.map((pair) => pair.join(' '));
    return { vocabulary: { model: 'gpt2', ...tokensOf(tokenizer, vocabSize), merges: listed }, notes: [] };
  }
  const spacePrefix = sentencepiecePrefix(tokenizer);
  if (spacePrefix === undefined) {
    const reason = 'GGUF has no name for how its tokenizer.json splits a text';
    return { notes: [`the tokenizer is left out, so that other tools see token ids only: ${reason}`] };
  }
  const named = tokensOf(tokenizer, vocabSize);
  const scores = scoresOf(named.tokens, merges);
  return {
    vocabulary: { model: 'llama', ...named, scores, spacePrefix },
    notes: joinNotes(named.tokens, merges),
  };
}

function isGpt2({ model, normalizer, pre_tokenizer: splitter }: TokenizerJson): boolean {
  const wholeSplitter =
    splitter?.type === 'ByteLevel' && splitter.use_regex !== false && splitter.add_prefix_space !== true;
  return normalizer == null && wholeSplitter && !model.byte_fallback;
}

/** Whether a blank is put in front of a text, where the tokenizer is one of sentencepiece's; else undefined. */
function sentencepiecePrefix({
  model,
  normalizer,
  pre_tokenizer: splitter,
}: TokenizerJson): boolean | undefined {
  if (!model.byte_fallback) return undefined;
  if (normalizer == null && splitter?.type === 'Metaspace' && splitter.split === false)
    return splitter.prepend_scheme !== 'never';
  if (splitter != null || normalizer == null) return undefined;
  const steps = (normalizer.type === 'Sequence' ? normalizer.normalizers : [normalizer]) as readonly Step[];
  const marks = steps.some(({ type, content }) => type === 'Replace' && content === '▁');
  const others = steps.filter(({ type }) => type !== 'Replace' && type !== 'Prepend');
  return marks && others.length === 0 ? steps.some(({ type }) => type === 'Prepend') : undefined;
}

function tokensOf(tokenizer: TokenizerJson, vocabSize: number): Pick<Vocabulary, 'tokens' | 'types'> {
  const { model, added_tokens } = tokenizer;
  const tokens = Array.from({ length: vocabSize }, (_, id) => `[PAD${id}]`);
  const types = Array.from({ length: vocabSize }, (): number => TOKEN_TYPES.unused);
  for (const [piece, id] of Object.entries(model.vocab)) {
    tokens[id] = piece;
    types[id] = model.byte_fallback && BYTE_PIECE.test(piece) ? TOKEN_TYPES.byte : TOKEN_TYPES.normal;
  }
  for (const { id, content, special } of added_tokens) {
    tokens[id] = content;
    types[id] = special ? TOKEN_TYPES.control : TOKEN_TYPES.userDefined;
  }
  const unknown = model.unk_token == null ? undefined : model.vocab[model.unk_token];
  if (unknown !== undefined) types[unknown] = TOKEN_TYPES.unknown;
  return { tokens, types };
}

/** The earlier a merge, the better what it makes; what none makes is joined by nobody, and its score says nothing. */
function scoresOf(tokens: readonly string[], merges: readonly Pair[]): readonly number[] {
  const ranks = new Map<string, number>();
  for (const [rank, pair] of merges.entries()) {
    const piece = pair.join('');
    if (!ranks.has(piece)) ranks.set(piece, rank);
  }
  return tokens.map((piece) => -(ranks.get(piece) ?? merges.length) - 1);
}

/** By scores, any two neighbours are joined that make a piece; by merges, only those that are listed. */
function joinNotes(tokens: readonly string[], merges: readonly Pair[]): readonly string[] {
  const known = new Set(tokens);
  const listed = new Set(merges.map((pair) => pair.join(' ')));
  const made = new Set(merges.map((pair) => pair.join('')));
  let more = 0;
  for (const piece of made) {
    for (let i = 1; i < piece.length; i++) {
      const [left, right] = [piece.slice(0, i), piece.slice(i)];
      if (known.has(left) && known.has(right) && !listed.has(`${left} ${right}`)) more++;
    }
  }
  if (more === 0) return [];
  return [
    `tokens are joined by scores in GGUF: ${more} joins are possible there beside the ${merges.length} of tokenizer.json, so that some texts may be split differently`,
  ];
}

function pairOf(merge: string | readonly [string, string]): Pair {
  if (typeof merge !== 'string') return merge;
  const at = merge.indexOf(' ', 1);
  return [merge.slice(0, at), merge.slice(at + 1)];
}
