/** Bits of one character on the wire: start, 8 data, stop. */
export const bitsPerCharacter = 10;

/** How far two ends' rates may differ before a character's last bits are sampled in the wrong place. */
const rateTolerance = 0.03;

/** The rate of a host that has none, as behind a pty: whatever one end sends, the other hears. */
export const anyBaud = 0;

/** Microseconds of one 8N1 character. */
export function characterUs(baudRate: number): number {
  return (bitsPerCharacter * 1e6) / baudRate;
}

/**
 * What a receiver at `receiverBaud` makes of 8N1 characters sent back to back at `senderBaud`. Rates that agree
 * give the same bytes. Otherwise the line is sampled as a UART does: a falling edge starts a character, each bit is
 * read in its middle, and a character whose stop bit is low is kept as the garbage it is (no parity, no framing
 * check). Deterministic; the number of bytes may change.
 */
export function resample(bytes: Uint8Array, senderBaud: number, receiverBaud: number): Uint8Array {
  if (senderBaud === anyBaud || receiverBaud === anyBaud) return bytes;
  if (Math.abs(senderBaud / receiverBaud - 1) <= rateTolerance) return bytes;
  const ratio = senderBaud / receiverBaud;
  const endBit = bytes.length * bitsPerCharacter;
  const received: number[] = [];
  for (let start = fallingEdge(bytes, 0, endBit); start < endBit; ) {
    let value = 0;
    for (let bit = 0; bit < 8; bit++) value |= lineLevel(bytes, start + (1.5 + bit) * ratio) << bit;
    received.push(value);
    start = fallingEdge(bytes, Math.ceil(start + 9.5 * ratio), endBit);
  }
  return Uint8Array.from(received);
}

/** The first sender bit at or after `from` where the line goes low after being high; `endBit` when there is none. */
function fallingEdge(bytes: Uint8Array, from: number, endBit: number): number {
  for (let bit = from; bit < endBit; bit++) {
    if (lineLevel(bytes, bit) === 0 && lineLevel(bytes, bit - 1) === 1) return bit;
  }
  return endBit;
}

/** The line's level at a time counted in sender bits; it idles high. */
function lineLevel(bytes: Uint8Array, time: number): number {
  const bit = Math.floor(time);
  const byte = bit < 0 ? undefined : bytes[Math.floor(bit / bitsPerCharacter)];
  if (byte === undefined) return 1;
  const position = bit % bitsPerCharacter;
  if (position === 0) return 0;
  return position === bitsPerCharacter - 1 ? 1 : (byte >> (position - 1)) & 1;
}
