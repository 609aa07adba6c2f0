/** What a tokenizer shows for an id that is not in its vocabulary: U+FFFD, so that a bad id is seen and ends nothing. */
export const UNKNOWN_ID_BYTES: Uint8Array = new TextEncoder().encode('\ufffd');

/** The text of a whole sequence from its tokens' bytes; `stripBlank` drops the one blank that its first word carries. */
export function decodeBytes(
  ids: readonly number[],
  tokenBytes: (id: number) => Uint8Array,
  stripBlank: boolean,
): string {
  const text = new TextDecoder('utf-8', { ignoreBOM: true }).decode(Buffer.concat(ids.map(tokenBytes)));
  return stripBlank && text.startsWith(' ') ? text.slice(1) : text;
}
