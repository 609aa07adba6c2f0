/**
 * For tests: binary32 arithmetic from its definition alone. Every operation is computed as an exact fraction of BigInts and
 * then rounded to nearest even, without any floating-point operation of the host's. Arguments are finite binary32 values.
 */

interface Fraction {
  readonly numerator: bigint;
  /** Above 0. */
  readonly denominator: bigint;
}

export function addExactly(a: number, b: number): number {
  if (isZero(a) && isZero(b)) return Object.is(a, -0) && Object.is(b, -0) ? -0 : 0;
  const [p, q] = [fractionOf(a), fractionOf(b)];
  const numerator = p.numerator * q.denominator + q.numerator * p.denominator;
  return numerator === 0n ? 0 : roundFraction({ numerator, denominator: p.denominator * q.denominator });
}

export function multiplyExactly(a: number, b: number): number {
  const [p, q] = [fractionOf(a), fractionOf(b)];
  const product = { numerator: p.numerator * q.numerator, denominator: p.denominator * q.denominator };
  return withSign(roundFraction(product), isNegative(a) !== isNegative(b));
}

/** b is not 0. */
export function divideExactly(a: number, b: number): number {
  const [p, q] = [fractionOf(a), fractionOf(b)];
  const sign = q.numerator < 0n ? -1n : 1n;
  const quotient = {
    numerator: p.numerator * q.denominator * sign,
    denominator: p.denominator * q.numerator * sign,
  };
  return withSign(roundFraction(quotient), isNegative(a) !== isNegative(b));
}

/** The binary32 nearest to a whole number. */
export function roundInteger(value: bigint): number {
  return roundFraction({ numerator: value, denominator: 1n });
}

/** Towards zero. */
export function integerPart(x: number): bigint {
  const { numerator, denominator } = fractionOf(x);
  return numerator / denominator;
}

function fractionOf(x: number): Fraction {
  const view = new DataView(new ArrayBuffer(4));
  view.setFloat32(0, x);
  const bits = BigInt(view.getUint32(0));
  const exponent = (bits >> 23n) & 0xffn;
  const significand = exponent === 0n ? bits & 0x7fffffn : (bits & 0x7fffffn) | 0x800000n;
  const power = (exponent === 0n ? 1n : exponent) - 150n;
  const signed = bits >> 31n === 1n ? -significand : significand;
  return power < 0n
    ? { numerator: signed, denominator: 1n << -power }
    : { numerator: signed << power, denominator: 1n };
}

/** To nearest, ties to even; subnormals and overflow included. */
function roundFraction({ numerator, denominator }: Fraction): number {
  const magnitude = numerator < 0n ? -numerator : numerator;
  let power = Math.max(-149, bitLength(magnitude) - bitLength(denominator) - 24);
  let significand = nearest(magnitude, denominator, power);
  if (significand > 0xffffffn) {
    power += 1;
    significand = nearest(magnitude, denominator, power);
  }
  const value = Number(significand) * 2 ** power;
  const finite = value < 2 ** 128 ? value : Infinity;
  return numerator < 0n ? -finite : finite;
}

/** numerator / denominator / 2^power as a whole number, to nearest, ties to even. */
function nearest(numerator: bigint, denominator: bigint, power: number): bigint {
  const top = power < 0 ? numerator << BigInt(-power) : numerator;
  const bottom = power < 0 ? denominator : denominator << BigInt(power);
  const whole = top / bottom;
  const twice = 2n * (top % bottom);
  return twice > bottom || (twice === bottom && whole % 2n === 1n) ? whole + 1n : whole;
}

function bitLength(value: bigint): number {
  return value === 0n ? 0 : value.toString(2).length;
}

function withSign(value: number, negative: boolean): number {
  return isZero(value) && negative ? -0 : value;
}

function isNegative(x: number): boolean {
  return x < 0 || Object.is(x, -0);
}

function isZero(x: number): boolean {
  return x === 0;
}
