import { BEGIN_ID, BLANK, type BytePairModel, SPECIAL_PIECES } from './train-tokenizer.js';

/** The text of a Hugging Face `tokenizer.json` for the model: the pipeline that Llama's own tokenizer has. */
export function tokenizerJson({ pieces, merges }: BytePairModel): string {
  const [unknown, begin] = SPECIAL_PIECES;
  const beginToken = { SpecialToken: { id: begin, type_id: 0 } };
  const document = {
    version: '1.0',
    truncation: null,
    padding: null,
    added_tokens: SPECIAL_PIECES.map((content, id) => ({
      id,
      content,
      single_word: false,
      lstrip: false,
      rstrip: false,
      normalized: false,
      special: true,
    })),
    normalizer: {
      type: 'Sequence',
      normalizers: [
        { type: 'Prepend', prepend: BLANK },
        { type: 'Replace', pattern: { String: ' ' }, content: BLANK },
      ],
    },
    pre_tokenizer: null,
    post_processor: {
      type: 'TemplateProcessing',
      single: [beginToken, { Sequence: { id: 'A', type_id: 0 } }],
      pair: [beginToken, { Sequence: { id: 'A', type_id: 0 } }, { Sequence: { id: 'B', type_id: 1 } }],
      special_tokens: { [begin]: { id: begin, ids: [BEGIN_ID], tokens: [begin] } },
    },
    decoder: {
      type: 'Sequence',
      decoders: [
        { type: 'Replace', pattern: { String: BLANK }, content: ' ' },
        { type: 'ByteFallback' },
        { type: 'Fuse' },
        { type: 'Strip', content: ' ', start: 1, stop: 0 },
      ],
    },
    model: {
      type: 'BPE',
      dropout: null,
      unk_token: unknown,
      continuing_subword_prefix: null,
      end_of_word_suffix: null,
      fuse_unk: true,
      byte_fallback: true,
      ignore_merges: false,
      vocab: Object.fromEntries(pieces.map((piece, id) => [piece, id])),
      merges: merges.map(([left, right]) => `${left} ${right}`),
    },
  };
  return `${JSON.stringify(document, null, 1)}\n`;
}
