export interface LeastSquares {
  /** One for each column. */
  readonly coefficients: readonly number[];
  /** Largest |fitted - value| / |value| over the rows whose value is not 0. */
  readonly worstRelativeError: number;
}

/** A column that keeps less than this part of its length beside the others cannot be told from them. */
const dependence = 1e-9;

/**
 * The coefficients that make `rows * coefficients` come nearest to `values`, each row counting by its relative
 * error, so that short times weigh as much as long ones. Undefined when the rows cannot tell the columns apart.
 * By modified Gram-Schmidt (Golub and Van Loan, Matrix Computations, 5.2).
 *
 * @param rows (observations, columns)
 * @param values (observations), positive
 * @throws RangeError when a row has another length than the first, or a value is not positive
 */
export function leastSquares(
  rows: readonly (readonly number[])[],
  values: readonly number[],
): LeastSquares | undefined {
  const count = rows[0]?.length ?? 0;
  check(rows, values, count);
  if (count === 0 || rows.length < count) return undefined;
  const columns = Array.from({ length: count }, (_, j) => rows.map((row, i) => row[j]! / values[i]!));
  const coefficients = solve(
    columns,
    values.map(() => 1),
  );
  if (coefficients === undefined) return undefined;
  const fitted = rows.map((row) => dot(row, coefficients));
  const worstRelativeError = Math.max(...fitted.map((value, i) => Math.abs(value - values[i]!) / values[i]!));
  return { coefficients, worstRelativeError };
}

function check(rows: readonly (readonly number[])[], values: readonly number[], count: number): void {
  if (rows.length !== values.length) throw new RangeError('least squares: as many rows as values');
  if (rows.some((row) => row.length !== count)) throw new RangeError('least squares: rows differ in length');
  if (values.some((value) => !(value > 0))) throw new RangeError('least squares: values are positive');
}

function solve(columns: readonly number[][], target: readonly number[]): number[] | undefined {
  const basis: number[][] = [];
  const upper: number[][] = [];
  for (const column of columns) {
    let rest = column;
    const parts: number[] = [];
    for (const direction of basis) {
      const part = dot(direction, rest);
      parts.push(part);
      rest = rest.map((value, i) => value - part * direction[i]!);
    }
    const length = norm(rest);
    if (!(length > dependence * norm(column))) return undefined;
    basis.push(rest.map((value) => value / length));
    upper.push([...parts, length]);
  }
  return substituteBack(upper, projections(basis, target));
}

function projections(basis: readonly number[][], target: readonly number[]): number[] {
  let rest = [...target];
  return basis.map((direction) => {
    const part = dot(direction, rest);
    rest = rest.map((value, i) => value - part * direction[i]!);
    return part;
  });
}

/** @param upper column j of the triangular factor, entries 0 .. j */
function substituteBack(upper: readonly number[][], right: readonly number[]): number[] {
  const solution = new Array<number>(right.length).fill(0);
  for (let j = right.length - 1; j >= 0; j--) {
    let value = right[j]!;
    for (let k = j + 1; k < right.length; k++) value -= upper[k]![j]! * solution[k]!;
    solution[j] = value / upper[j]![j]!;
  }
  return solution;
}

function dot(a: readonly number[], b: readonly number[]): number {
  return a.reduce((total, value, i) => total + value * b[i]!, 0);
}

function norm(a: readonly number[]): number {
  return Math.sqrt(dot(a, a));
}
