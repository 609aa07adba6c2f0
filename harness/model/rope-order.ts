/**
 * Reorders the rows of a q or k projection, shape (layers, heads * headSize, cols), from llama2.c's RoPE to
 * Hugging Face's, in a fresh array. llama2.c turns the neighbours (2i, 2i + 1) of a head; Hugging Face turns
 * (i, i + headSize/2). So row 2i goes to i, and row 2i + 1 to i + headSize/2, within each head.
 */
export function toHalvesOrder(interleaved: Float32Array, headSize: number, cols: number): Float32Array {
  const halves = new Float32Array(interleaved.length);
  const rows = interleaved.length / cols;
  for (let row = 0; row < rows; row++) {
    const to = placeInHalves(row, headSize);
    halves.set(interleaved.subarray(row * cols, (row + 1) * cols), to * cols);
  }
  return halves;
}

/** The other way round: what `toHalvesOrder` gives `halves` for. */
export function toNeighboursOrder(halves: Float32Array, headSize: number, cols: number): Float32Array {
  const interleaved = new Float32Array(halves.length);
  const rows = halves.length / cols;
  for (let row = 0; row < rows; row++) {
    const from = placeInHalves(row, headSize);
    interleaved.set(halves.subarray(from * cols, (from + 1) * cols), row * cols);
  }
  return interleaved;
}

/** Where row `row` of neighbours lies in halves. */
function placeInHalves(row: number, headSize: number): number {
  const within = row % headSize;
  return row - within + (within >> 1) + (within & 1) * (headSize / 2);
}
