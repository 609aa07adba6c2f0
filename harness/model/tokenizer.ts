/** Text to token ids and back. Ids are those of the model's vocabulary. */
export interface Tokenizer {
  readonly vocabSize: number;
  /** Which file it was read from, for messages and the run folder. */
  readonly path: string;
  /** Token ids of `text`, with the model's beginning token in front, as the model was trained to see. */
  encode(text: string): number[];
  /**
   * The bytes that a token adds to a text. They may end inside a UTF-8 character: decode a stream of them with
   * a streaming TextDecoder, never one token at a time. Special tokens (bos, eos, unk) add none; an id that is not in
   * the vocabulary adds U+FFFD, since a device may send anything.
   */
  tokenBytes(id: number): Uint8Array;
  /** Text of a whole sequence; special tokens are left out, as is the blank that a leading word piece carries. */
  decode(ids: readonly number[]): string;
}
