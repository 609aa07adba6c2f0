import type { Bits } from './quantized-tensor.js';
import type { ValidationReport } from './validation-report.js';

/** A build and the seeds' own quantizer at the same bits. */
export interface BesideNaive {
  readonly report: ValidationReport;
  readonly naive: ValidationReport;
  readonly bits: Bits;
  /** The build's perplexity is below naive's; as high is not enough. */
  readonly beats: boolean;
}

/** Nominal bits of a build by one grid; undefined for floats and for mixtures, which have no one number. */
export function nominalBits({ build: { recipe } }: ValidationReport): Bits | undefined {
  if (recipe === undefined || Object.keys(recipe.exceptions).length > 0) return undefined;
  return recipe.bits;
}

/** Each build that has a naive one of the same model and bits beside it; mixtures apart. */
export function besideNaive(reports: readonly ValidationReport[]): BesideNaive[] {
  return reports.flatMap((report) => {
    const bits = nominalBits(report);
    if (bits === undefined || isNaive(report)) return [];
    const naive = reports.find(
      (one) => isNaive(one) && one.model.hash === report.model.hash && nominalBits(one) === bits,
    );
    if (naive === undefined) return [];
    const [own, its] = [report, naive].map(({ quality }) => quality.perplexity.lnRatio.value);
    return [{ report, naive, bits, beats: own! < its! }];
  });
}

function isNaive({ build }: ValidationReport): boolean {
  return build.recipe?.method === 'naive';
}

/** Both perplexities and KL divergences, for people: `perplexity +22.14% against +10.52%, KL 0.00100 against 0.00200`. */
export function naiveFigures({ report, naive }: BesideNaive): string {
  const sides = [report.quality, naive.quality];
  const perplexities = sides.map(({ perplexity }) => increase(perplexity.lnRatio.value));
  const divergences = sides.map(({ klDivergence }) => klDivergence.value.toPrecision(3));
  return `perplexity ${perplexities.join(' against ')}, KL ${divergences.join(' against ')}`;
}

/** A perplexity over float32's, as what it is more in percent; where it more than doubled, how many times it is. */
export function increase(lnRatio: number): string {
  if (lnRatio > Math.LN2) return `${ratioText(Math.exp(lnRatio))} times`;
  return `${lnRatio < 0 ? '' : '+'}${(100 * Math.expm1(lnRatio)).toFixed(2)}%`;
}

function ratioText(ratio: number): string {
  return ratio < 1000 ? ratio.toPrecision(3) : Math.round(ratio).toLocaleString('en-US');
}
