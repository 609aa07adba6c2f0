/** What became of a claim. `not measured`: nothing here could decide it. */
export type Holds = 'yes' | 'no' | 'not measured';

/**
 * What a verdict rests on. `measured`: reports of builds. `arithmetic`: the seed's own figures, or the model's shape: the same whatever is built.
 * `definition`: how a grid here is made. `exists`: a build of this run did it, whatever came of it.
 */
export const BASES = ['measured', 'arithmetic', 'definition', 'exists'] as const;
export type Basis = (typeof BASES)[number];

/** One claim of a seed, and what was found. */
export interface Claim {
  readonly where: string;
  /** In the seed's words. */
  readonly claim: string;
  /** The figure found, or why there is none. */
  readonly measured: string;
  readonly holds: Holds;
  readonly basis: Basis;
  /** What was compared, and how far apart the two are. */
  readonly why: string;
}

/** How a figure decides a claim; limits that rounding in the seed's own digits explains are the caller's `within`. */
export type ClaimRule =
  | { readonly rule: 'equal'; readonly value: number }
  | { readonly rule: 'about'; readonly value: number; readonly within: number }
  | { readonly rule: 'between'; readonly from: number; readonly to: number }
  | { readonly rule: 'at least'; readonly value: number }
  | { readonly rule: 'at most'; readonly value: number };

export interface ClaimCheck {
  readonly where: string;
  readonly claim: string;
  readonly rule: ClaimRule;
  readonly basis: Basis;
  /** Absent: not measured. */
  readonly measured: number | undefined;
  /** The figure for people. */
  readonly show: (value: number) => string;
  /** Why there is no figure. */
  readonly missing?: string;
  /** What explains the difference, or what the figure is of. */
  readonly note?: string;
}

/** Said of rows about machines that this project does not have. */
export const NO_HARDWARE = 'not measured here: no such hardware';

/** Compares a figure with a claim. The verdict follows from the two numbers and the rule alone. */
export function checkClaim({ where, claim, rule, basis, measured, show, missing, note }: ClaimCheck): Claim {
  if (measured === undefined)
    return {
      where,
      claim,
      measured: missing ?? 'no such build',
      holds: 'not measured',
      basis,
      why: note ?? '',
    };
  const holds = fulfils(rule, measured);
  const why = [comparison(rule, measured, show, holds), note].filter((part) => part !== undefined).join('; ');
  return { where, claim, measured: show(measured), holds: holds ? 'yes' : 'no', basis, why };
}

/** A claim that only a measurement could decide, and nobody made it here. */
export function unmeasured(where: string, claim: string, why: string): Claim {
  return { where, claim, measured: '', holds: 'not measured', basis: 'measured', why };
}

/** A claim that is an order of things, such as of the best to the worst. */
export function checkOrder(
  where: string,
  claim: string,
  expected: readonly string[],
  found: readonly string[],
  basis: Basis,
  note: string,
): Claim {
  if (found.length < 2) return unmeasured(where, claim, 'too few of them were measured');
  const asked = expected.filter((one) => found.includes(one));
  const holds = asked.every((one, index) => one === found[index]) ? 'yes' : 'no';
  return { where, claim, measured: found.join(', '), holds, basis, why: note };
}

/** How many claims came out how, apart by what that rests on. */
export type ClaimCounts = Readonly<Record<Basis, Readonly<Record<Holds, number>>>>;

export function countClaims(claims: readonly Claim[]): ClaimCounts {
  const counts = (basis: Basis) => {
    const count = (holds: Holds) => claims.filter((one) => one.basis === basis && one.holds === holds).length;
    return { yes: count('yes'), no: count('no'), 'not measured': count('not measured') };
  };
  return {
    measured: counts('measured'),
    arithmetic: counts('arithmetic'),
    definition: counts('definition'),
    exists: counts('exists'),
  };
}

function fulfils(rule: ClaimRule, measured: number): boolean {
  switch (rule.rule) {
    case 'equal':
      return measured === rule.value;
    case 'about':
      return Math.abs(measured - rule.value) <= rule.within * Math.abs(rule.value);
    case 'between':
      return measured >= rule.from && measured <= rule.to;
    case 'at least':
      return measured >= rule.value;
    case 'at most':
      return measured <= rule.value;
  }
}

function comparison(
  rule: ClaimRule,
  measured: number,
  show: (value: number) => string,
  holds: boolean,
): string {
  switch (rule.rule) {
    case 'equal':
      return `${holds ? 'equal to' : measured < rule.value ? 'less than' : 'more than'} ${show(rule.value)}`;
    case 'about':
      return holds
        ? `within ${percent(rule.within)} of ${show(rule.value)}`
        : `${times(measured, rule.value)} ${show(rule.value)}`;
    case 'between':
      return `${holds ? 'within' : measured < rule.from ? 'below' : 'above'} ${show(rule.from)} to ${show(rule.to)}`;
    case 'at least':
      return `${holds ? 'at least' : 'less than'} ${show(rule.value)}`;
    case 'at most':
      return `${holds ? 'at most' : 'more than'} ${show(rule.value)}`;
  }
}

function times(measured: number, claimed: number): string {
  if (claimed === 0) return 'not';
  const ratio = measured / claimed;
  return `${Number(ratio.toPrecision(3))} times`;
}

function percent(share: number): string {
  return `${Number((100 * share).toPrecision(3))}%`;
}
