/** Storage of the trainer: binary32 for training, binary64 for the gradient check. Sums are always binary64. */
export type Floats = Float32Array | Float64Array;
export type MakeFloats = (length: number) => Floats;

/**
 * out(rows, cols) += a(rows, inner) times the transpose of b(cols, inner); all row-major. Tiles of 4 x 4 keep sixteen sums
 * in registers, so that each value loaded is used four times. Each sum runs over `inner` in rising order.
 */
export function addProduct(
  out: Floats,
  a: Floats,
  b: Floats,
  rows: number,
  cols: number,
  inner: number,
): void {
  const fullRows = rows - (rows % 4);
  const fullCols = cols - (cols % 4);
  for (let i = 0; i < fullRows; i += 4) {
    for (let j = 0; j < fullCols; j += 4) addTile(out, a, b, i, j, cols, inner);
  }
  addPlain(out, a, b, 0, fullRows, fullCols, cols, inner);
  addPlain(out, a, b, fullRows, rows, 0, cols, inner);
}

/** The same for rows [rowBegin, rowEnd) and columns [colBegin, cols), one sum at a time: the edges that no tile covers. */
function addPlain(
  out: Floats,
  a: Floats,
  b: Floats,
  rowBegin: number,
  rowEnd: number,
  colBegin: number,
  cols: number,
  inner: number,
): void {
  for (let i = rowBegin; i < rowEnd; i++) {
    for (let j = colBegin; j < cols; j++) {
      let sum = 0;
      for (let p = 0; p < inner; p++) sum += a[i * inner + p]! * b[j * inner + p]!;
      out[i * cols + j]! += sum;
    }
  }
}

function addTile(out: Floats, a: Floats, b: Floats, i: number, j: number, cols: number, inner: number): void {
  const a0 = i * inner;
  const a1 = a0 + inner;
  const a2 = a1 + inner;
  const a3 = a2 + inner;
  const b0 = j * inner;
  const b1 = b0 + inner;
  const b2 = b1 + inner;
  const b3 = b2 + inner;
  let s00 = 0, s01 = 0, s02 = 0, s03 = 0; // biome-ignore format: a 4 x 4 block reads best as one
  let s10 = 0,
    s11 = 0,
    s12 = 0,
    s13 = 0;
  let s20 = 0,
    s21 = 0,
    s22 = 0,
    s23 = 0;
  let s30 = 0,
    s31 = 0,
    s32 = 0,
    s33 = 0;
  for (let p = 0; p < inner; p++) {
    const x0 = a[a0 + p]!;
    const x1 = a[a1 + p]!;
    const x2 = a[a2 + p]!;
    const x3 = a[a3 + p]!;
    const y0 = b[b0 + p]!;
    const y1 = b[b1 + p]!;
    const y2 = b[b2 + p]!;
    const y3 = b[b3 + p]!;
    s00 += x0 * y0;
    s01 += x0 * y1;
    s02 += x0 * y2;
    s03 += x0 * y3;
    s10 += x1 * y0;
    s11 += x1 * y1;
    s12 += x1 * y2;
    s13 += x1 * y3;
    s20 += x2 * y0;
    s21 += x2 * y1;
    s22 += x2 * y2;
    s23 += x2 * y3;
    s30 += x3 * y0;
    s31 += x3 * y1;
    s32 += x3 * y2;
    s33 += x3 * y3;
  }
  const o0 = i * cols + j;
  const o1 = o0 + cols;
  const o2 = o1 + cols;
  const o3 = o2 + cols;
  out[o0]! += s00;
  out[o0 + 1]! += s01;
  out[o0 + 2]! += s02;
  out[o0 + 3]! += s03;
  out[o1]! += s10;
  out[o1 + 1]! += s11;
  out[o1 + 2]! += s12;
  out[o1 + 3]! += s13;
  out[o2]! += s20;
  out[o2 + 1]! += s21;
  out[o2 + 2]! += s22;
  out[o2 + 3]! += s23;
  out[o3]! += s30;
  out[o3 + 1]! += s31;
  out[o3 + 2]! += s32;
  out[o3 + 3]! += s33;
}

/** out(cols, rows) = the transpose of a(rows, cols). */
export function transpose(out: Floats, a: Floats, rows: number, cols: number): void {
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < cols; j++) out[j * rows + i] = a[i * cols + j]!;
  }
}
