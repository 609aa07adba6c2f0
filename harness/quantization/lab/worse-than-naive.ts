import type { ValidationReport } from '../validation-report.js';

/** A line for each build whose perplexity is no better than the naive one's of the same model and bits. */
export function worseThanNaive(reports: readonly ValidationReport[]): string[] {
  return reports.flatMap((report) => {
    const naive = reports.find((other) => isNaiveOf(other, report));
    if (naive === undefined || naive === report) return [];
    const [own, its] = [report, naive].map(({ quality }) => quality.perplexity.lnRatio.value) as [
      number,
      number,
    ];
    if (own < its) return [];
    const divergences = [report, naive].map(({ quality }) => quality.klDivergence.value.toPrecision(3));
    const figures = `perplexity ${increase(own)} against ${increase(its)}, KL ${divergences.join(' against ')}`;
    return [`${report.build.name} does not beat ${naive.build.name}: ${figures}`];
  });
}

function isNaiveOf({ model, build: { recipe } }: ValidationReport, other: ValidationReport): boolean {
  const plain = recipe?.method === 'naive' && Object.keys(recipe.exceptions).length === 0;
  return plain && model.hash === other.model.hash && recipe.bits === other.build.recipe?.bits;
}

function increase(lnRatio: number): string {
  return `${lnRatio < 0 ? '' : '+'}${(100 * Math.expm1(lnRatio)).toFixed(2)}%`;
}
