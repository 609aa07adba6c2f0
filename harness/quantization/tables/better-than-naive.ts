import { type MeasuredBuilds, nominalBits } from './build-facts.js';
import { checkClaim } from './claim.js';
import { right, type TableSection } from './section.js';

/** Whether each method beats the seeds' own quantizer at the same bits, or did not. */
export function naiveSection({ reports }: MeasuredBuilds): TableSection {
  const compared = reports.flatMap((report) => {
    const bits = nominalBits(report);
    const naive = reports.find((one) => nominalBits(one) === bits && one.build.recipe?.method === 'naive');
    if (bits === undefined || naive === undefined || naive === report) return [];
    return [{ report, naive, bits }];
  });
  return {
    title: 'Each method beside naive at the same bits',
    columns: [
      { head: 'build' },
      right('bits'),
      right('KL, nats'),
      right('KL of naive'),
      right('naive / build'),
    ],
    rows: compared.map(({ report, naive, bits }) => [
      report.build.name,
      String(bits),
      kl(report).toPrecision(3),
      kl(naive).toPrecision(3),
      `${Number((kl(naive) / kl(report)).toPrecision(3))}x`,
    ]),
    claims: compared.map(({ report, naive, bits }) =>
      checkClaim({
        where: report.build.name,
        claim: `beats naive at ${bits} bits`,
        rule: { rule: 'at most', value: kl(naive) },
        basis: 'measured',
        measured: kl(report),
        show: (value) => `KL ${value.toPrecision(3)}`,
      }),
    ),
    notes: ["naive: the seeds' quantizer, one scale a tensor from the largest magnitude"],
  };
}

function kl({ quality }: MeasuredBuilds['reports'][number]): number {
  return quality.klDivergence.value;
}
