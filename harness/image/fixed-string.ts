/** Writes `text` as Latin-1 into `bytes[offset, offset + size)`, NUL-padded. Throws a RangeError when it leaves no NUL. */
export function writeFixedString(bytes: Uint8Array, offset: number, size: number, text: string): void {
  if (text.length >= size) throw new RangeError(`"${text}" is longer than ${size - 1} characters`);
  bytes.fill(0, offset, offset + size);
  for (let i = 0; i < text.length; i++) bytes[offset + i] = text.charCodeAt(i);
}

/** Reads up to the first NUL, at most `size` characters. */
export function readFixedString(bytes: Uint8Array, offset: number, size: number): string {
  const field = bytes.subarray(offset, offset + size);
  const end = field.indexOf(0);
  return Buffer.from(end < 0 ? field : field.subarray(0, end)).toString('latin1');
}
