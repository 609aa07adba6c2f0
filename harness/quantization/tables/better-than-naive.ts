import { type BesideNaive, besideNaive, increase, naiveFigures } from '../beside-naive.js';
import type { ValidationReport } from '../validation-report.js';
import type { MeasuredBuilds } from './build-facts.js';
import type { Claim } from './claim.js';
import { right, type TableSection } from './section.js';

/** Whether each method beats the seeds' own quantizer at the same bits, or did not. */
export function naiveSection({ reports }: MeasuredBuilds): TableSection {
  const compared = besideNaive(reports);
  return {
    title: 'Each method beside naive at the same bits',
    columns: [
      { head: 'build' },
      right('bits'),
      right('perplexity'),
      right('of naive'),
      right('KL, nats'),
      right('KL of naive'),
      right('naive / build'),
    ],
    rows: compared.map(({ report, naive, bits }) => [
      report.build.name,
      String(bits),
      perplexity(report),
      perplexity(naive),
      kl(report).toPrecision(3),
      kl(naive).toPrecision(3),
      `${Number((kl(naive) / kl(report)).toPrecision(3))}x`,
    ]),
    claims: compared.map(naiveClaim),
    notes: [
      "naive: the seeds' quantizer, one scale a tensor from the largest magnitude; to beat it is to have a lower perplexity",
      ...(compared.some(({ bits }) => bits === 1.58) ? [TERNARY_NOTE] : []),
    ],
  };
}

const TERNARY_NOTE =
  "naive at 1.58 bits is not the seed's baseline: it too takes the threshold with the least squared error; the seed's, half of the mean magnitude, is nearest with --threshold 0.5, and leaves a third of the codes 0 where the least error asks for half and more";

function naiveClaim(pair: BesideNaive): Claim {
  return {
    where: pair.report.build.name,
    claim: `beats naive at ${pair.bits} bits`,
    measured: naiveFigures(pair),
    holds: pair.beats ? 'yes' : 'no',
    basis: 'measured',
    why: 'a lower perplexity is asked',
  };
}

function perplexity({ quality }: ValidationReport): string {
  return increase(quality.perplexity.lnRatio.value);
}

function kl({ quality }: ValidationReport): number {
  return quality.klDivergence.value;
}
