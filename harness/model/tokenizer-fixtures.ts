/** For tests: one small vocabulary, written as llama2.c and as Hugging Face store it. */

const CHARACTERS = ['▁', ...'abcdehinorstuw,.é'];
/** Each in order of its worth; every one is made by exactly one join of others. */
const JOINS: readonly (readonly [string, string])[] = [
  ['▁', 't'],
  ['h', 'e'],
  ['▁t', 'he'],
  ['i', 'n'],
  ['▁', 'a'],
  ['e', 'r'],
  ['o', 'u'],
  ['n', 'd'],
  ['▁a', 'nd'],
  ['w', 'er'],
  ['c', 'é'],
  ['s', 't'],
  ['▁', '▁'],
];
const SPECIAL = ['<unk>', '<s>', '</s>'];
const BYTES = Array.from(
  { length: 256 },
  (_, byte) => `<0x${byte.toString(16).toUpperCase().padStart(2, '0')}>`,
);

/** Piece of each id, in Hugging Face's spelling. */
export const PIECES: readonly string[] = [
  ...SPECIAL,
  ...BYTES,
  ...JOINS.map((pair) => pair.join('')),
  ...CHARACTERS,
];

/** As llama2.c's tokenizer.bin. */
export function llama2cFile(): Buffer {
  const pieces = PIECES.map((piece, id) => {
    const spelled = id === 1 || id === 2 ? `\n${piece}\n` : piece.replaceAll('▁', ' ');
    return { bytes: Buffer.from(spelled), score: id < 259 ? 0 : 258 - id };
  });
  const head = Buffer.alloc(4);
  head.writeInt32LE(Math.max(...pieces.map(({ bytes }) => bytes.length)));
  const records = pieces.flatMap(({ bytes, score }) => {
    const record = Buffer.alloc(8);
    record.writeFloatLE(score, 0);
    record.writeInt32LE(bytes.length, 4);
    return [record, bytes];
  });
  return Buffer.concat([head, ...records]);
}

/** As a Llama's tokenizer.json: byte fallback, a beginning token by template. */
export function llamaTokenizerJson(): Record<string, unknown> {
  return {
    version: '1.0',
    added_tokens: SPECIAL.map((content, id) => ({ id, content, special: true, normalized: false })),
    normalizer: {
      type: 'Sequence',
      normalizers: [
        { type: 'Prepend', prepend: '▁' },
        { type: 'Replace', pattern: { String: ' ' }, content: '▁' },
      ],
    },
    pre_tokenizer: null,
    post_processor: {
      type: 'TemplateProcessing',
      single: [{ SpecialToken: { id: '<s>', type_id: 0 } }, { Sequence: { id: 'A', type_id: 0 } }],
      pair: [],
      special_tokens: { '<s>': { id: '<s>', ids: [1], tokens: ['<s>'] } },
    },
    decoder: {
      type: 'Sequence',
      decoders: [
        { type: 'Replace', pattern: { String: '▁' }, content: ' ' },
        { type: 'ByteFallback' },
        { type: 'Fuse' },
        { type: 'Strip', content: ' ', start: 1, stop: 0 },
      ],
    },
    model: {
      type: 'BPE',
      unk_token: '<unk>',
      fuse_unk: true,
      byte_fallback: true,
      vocab: Object.fromEntries(PIECES.map((piece, id) => [piece, id])),
      merges: JOINS.map((pair) => pair.join(' ')),
    },
  };
}

/** As a byte-level tokenizer.json of GPT-2's kind: each byte's stand-in, a few joins, no beginning token. */
export function byteLevelTokenizerJson(): Record<string, unknown> {
  const printable = [...Array(256).keys()].filter((b) => (b > 32 && b < 127) || (b > 160 && b !== 173));
  const others = [...Array(256).keys()].filter((b) => !printable.includes(b));
  const letters = [
    ...printable.map((b) => String.fromCharCode(b)),
    ...others.map((_, i) => String.fromCharCode(256 + i)),
  ];
  const merges = ['h e', 'Ġ t', 'Ġt he', 'Ã ©'];
  const pieces = [...letters, ...merges.map((merge) => merge.replace(' ', '')), '<|end|>'];
  return {
    added_tokens: [{ id: pieces.length - 1, content: '<|end|>', special: true }],
    normalizer: null,
    pre_tokenizer: { type: 'ByteLevel', add_prefix_space: false, use_regex: true },
    post_processor: null,
    decoder: { type: 'ByteLevel' },
    model: { type: 'BPE', vocab: Object.fromEntries(pieces.map((piece, id) => [piece, id])), merges },
  };
}
