/** A stream of uniform unsigned 32-bit numbers. */
export type RandomBits = () => number;

/**
 * Doty-Humphrey's sfc32 (PractRand): integers only, so that the same seed gives the same stream on every machine.
 * Streams of one seed are independent of each other.
 */
export function randomBits(seed: number, stream = 0): RandomBits {
  let a = seed | 0;
  let b = stream | 0;
  let c = 0x9e3779b9 | 0;
  let counter = 1;
  const next = (): number => {
    const out = (a + b + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = ((c << 21) | (c >>> 11)) + out;
    return out >>> 0;
  };
  for (let i = 0; i < 20; i++) next();
  return next;
}
