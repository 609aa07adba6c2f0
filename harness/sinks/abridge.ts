/** A text in at most `length` characters: what does not fit is an ellipsis. */
export function abridge(text: string, length: number): string {
  return text.length <= length ? text : `${text.slice(0, length - 1)}…`;
}
