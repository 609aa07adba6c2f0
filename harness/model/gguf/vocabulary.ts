/** llama.cpp's kinds of tokens. */
export const TOKEN_TYPES = { normal: 1, unknown: 2, control: 3, userDefined: 4, unused: 5, byte: 6 } as const;

/** A vocabulary as GGUF has it, by id. */
export interface Vocabulary {
  /** `llama`: sentencepiece's, joined by scores. `gpt2`: byte-level, joined by merges. */
  readonly model: 'llama' | 'gpt2';
  readonly tokens: readonly string[];
  readonly types: readonly number[];
  readonly scores?: readonly number[];
  readonly merges?: readonly string[];
  /** A blank is put in front of a text; for `llama`. */
  readonly spacePrefix?: boolean;
}

export interface VocabularyOrNone {
  /** Absent where llama.cpp has nothing like it: a note says why. */
  readonly vocabulary?: Vocabulary;
  /** What a reader of the file should know, a line each. */
  readonly notes: readonly string[];
}
