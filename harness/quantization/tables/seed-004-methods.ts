import type { Bits } from '../quantized-tensor.js';
import { defaultGroup } from '../quantizers/grid.js';
import { type RecipeInput, recipeSchema } from '../recipe.js';
import type { ValidationReport } from '../validation-report.js';
import { compression, hundredTokensMs, type MeasuredBuilds, perplexityIncrease } from './build-facts.js';
import { type Claim, checkClaim, unmeasured } from './claim.js';
import { right, type TableSection } from './section.js';

/** "Quantization-Aware Training": its methods, and the commands that do the same here. */
const METHODS: readonly {
  readonly method: string;
  readonly bits: string;
  readonly here: string;
  readonly builds: (report: ValidationReport) => boolean;
}[] = [
  { method: '1-bit Binarization', bits: '1', here: '--bits 1 --method qat', builds: trainedAt(1) },
  { method: '1.58-bit Ternary', bits: '1.58', here: '--bits 1.58 --method qat', builds: trainedAt(1.58) },
  {
    method: 'Per-row Quantization',
    bits: '1-8',
    here: '--bits 8 --group row --method nearest',
    builds: ({ build: { recipe } }) =>
      recipe !== undefined && (recipe.group ?? defaultGroup(recipe.bits, recipe.method)) === 'row',
  },
  {
    method: 'Knowledge Distillation',
    bits: '1, 1.58',
    here: "--method qat (float32's logits are the teacher)",
    builds: ({ build }) => build.recipe?.method === 'qat',
  },
];

function trainedAt(bits: Bits): (report: ValidationReport) => boolean {
  return ({ build: { recipe } }) => recipe?.method === 'qat' && recipe.bits === bits;
}

export function methodSection({ reports }: MeasuredBuilds): TableSection {
  return {
    title: 'Seed 004, methods',
    columns: [
      { head: 'method' },
      { head: 'bits' },
      { head: 'here: tokenrack quantize MODEL' },
      { head: 'builds of this run' },
    ],
    rows: METHODS.map(({ method, bits, here, builds }) => [
      method,
      bits,
      here,
      reports.filter(builds).map(resultOf).join('; ') || 'none in this run',
    ]),
    claims: [thresholdClaim(reports)],
    notes: [],
  };
}

function resultOf(report: ValidationReport): string {
  return `${report.build.name}: perplexity ${signedPercent(perplexityIncrease(report))}, ${report.acceptance.accepted ? 'accepted' : 'not accepted'}`;
}

/** Whether seed 004's threshold was asked of any build. */
function thresholdClaim(reports: MeasuredBuilds['reports']): Claim {
  const asked = reports.filter(
    ({ build: { recipe } }) => recipe?.bits === 1.58 && recipe.threshold !== undefined,
  );
  const found = asked.find(({ build }) => build.recipe?.threshold === 0.5) ?? asked[0];
  return checkClaim({
    where: 'methods, ternary threshold',
    claim: '50% of per-channel scale (configurable)',
    rule: { rule: 'about', value: 0.5, within: 0 },
    basis: 'exists',
    measured: found?.build.recipe?.threshold,
    show: String,
    note: `${found === undefined ? '' : `${found.build.name}: `}--threshold 0.5; without it the threshold with the least squared error is taken`,
  });
}

interface Use {
  readonly use: string;
  /** Bits that the seed recommends. */
  readonly seed: readonly Bits[];
  readonly expected: { readonly said: string; readonly from: number; readonly to: number };
  /** Of the accepted builds that with the least of this. */
  readonly rule: string;
  readonly cost: (report: ValidationReport) => number;
}

const rate = ({ speed }: ValidationReport): number => -(speed?.build.tokensPerSecond ?? 0);
const wait = ({ speed }: ValidationReport): number =>
  speed === undefined ? Number.POSITIVE_INFINITY : hundredTokensMs(speed.build);

const USES: readonly Use[] = [
  {
    use: 'Production Server (High Throughput)',
    seed: [4, 1.58],
    expected: { said: '10-12x smaller', from: 10, to: 12 },
    rule: 'most tokens/s',
    cost: rate,
  },
  {
    use: 'Edge/Mobile Deployment',
    seed: [1, 1.58],
    expected: { said: '16-20x smaller', from: 16, to: 20 },
    rule: 'fewest bytes',
    cost: ({ sizes }) => sizes.buildBytes,
  },
  {
    use: 'Research/Development',
    seed: [8, 4],
    expected: { said: '8-10x smaller', from: 8, to: 10 },
    rule: 'smallest KL divergence',
    cost: ({ quality }) => quality.klDivergence.value,
  },
  {
    use: 'Real-Time Applications',
    seed: [1.58, 2],
    expected: { said: '13-16x smaller', from: 13, to: 16 },
    rule: 'least time for 100 tokens',
    cost: wait,
  },
];

/** "Recommendations by Use Case", each by a rule over the accepted builds. */
export function recommendationSection({ reports }: MeasuredBuilds): TableSection {
  const accepted = reports.filter(({ acceptance }) => acceptance.accepted);
  const picks = USES.map((use) => ({
    use,
    pick: accepted.toSorted((a, b) => use.cost(a) - use.cost(b))[0],
  }));
  return {
    title: 'Seed 004, recommendation by use',
    columns: [
      { head: 'use' },
      { head: 'seed' },
      { head: 'rule here' },
      { head: 'recommended' },
      right('from float16'),
    ],
    rows: picks.map(({ use, pick }) => [
      use.use,
      use.seed.map((bits) => `${bits}-bit`).join(' or '),
      use.rule,
      pick?.build.name ?? 'float32: no build is accepted',
      pick === undefined ? '' : times(compression(pick)),
    ]),
    claims: [...picks.flatMap(({ use, pick }) => useClaims(use, pick)), ...bestTradeoff(reports)],
    notes: [
      'rule: of the builds that are accepted (perplexity up by less than 2%, 1.5 times the speed, size, no generation fault) the one with the best figure named',
    ],
  };
}

function useClaims({ use, seed, expected, rule }: Use, pick: ValidationReport | undefined): Claim[] {
  const where = `recommendation, ${use}`;
  const bits = pick?.build.recipe?.bits;
  const said = seed.map((one) => `${one}-bit`).join(' or ');
  if (pick === undefined || bits === undefined) return [unmeasured(where, said, 'no build is accepted')];
  return [
    {
      where,
      claim: `Recommended: ${said}`,
      measured: `${bits}-bit (${pick.build.name})`,
      holds: seed.includes(bits) ? 'yes' : 'no',
      basis: 'measured',
      why: `of the accepted builds the one with the ${rule}`,
    },
    checkClaim({
      where: `${where}, size`,
      claim: `Expected: ${expected.said}`,
      rule: { rule: 'between', ...expected },
      basis: 'measured',
      measured: compression(pick),
      show: times,
      note: `${pick.build.name}, from float16`,
    }),
  ];
}

/** The legend of its last chart. */
function bestTradeoff(reports: MeasuredBuilds['reports']): Claim[] {
  return ([1.58, 1] as const).map((bits) => {
    const some = reports.filter(({ build }) => build.recipe?.bits === bits);
    const accepted = some.filter(({ acceptance }) => acceptance.accepted).length;
    return checkClaim({
      where: `tradeoff, ${bits}-bit`,
      claim: 'Excellent: 1-bit and 1.58-bit provide best tradeoff',
      rule: { rule: 'at least', value: 1 },
      basis: 'measured',
      measured: some.length === 0 ? undefined : accepted,
      show: (value) => `${value} of ${some.length} builds accepted`,
    });
  });
}

/** "Planned Enhancements" and "Research Directions": those that exist are shown by a recipe that the lab takes. */
const ENHANCEMENTS: readonly {
  readonly what: string;
  readonly recipe?: RecipeInput;
  readonly how: string;
}[] = [
  {
    what: 'Per-channel quantization',
    recipe: { method: 'nearest', bits: 8, group: 'row' },
    how: 'a scale a row',
  },
  {
    what: 'Dynamic calibration',
    recipe: { method: 'awq', bits: 4, calibration: { samples: 512 } },
    how: 'awq and gptq look at text; clip searches scales a model',
  },
  {
    what: 'Mixed precision',
    recipe: { method: 'gptq', bits: 4, exceptions: { lm_head: { bits: 8 } } },
    how: 'exceptions by pattern, or chosen under a budget (--budget, --psram)',
  },
  {
    what: 'Learned thresholds',
    recipe: { method: 'clip', bits: 1.58 },
    how: 'the ternary threshold and scale with the least squared error',
  },
  { what: 'Vector Quantization', how: 'no: no card format has a code book' },
  { what: 'Factorization-aware quantization', how: 'no' },
  {
    what: 'Activation quantization',
    recipe: { method: 'nearest', bits: 8 },
    how: '16-bit fixed point where a matrix in codes multiplies (firmware/FORMATS.md), for every recipe; fewer bits: no',
  },
  {
    what: 'Block-wise scaling',
    recipe: { method: 'gptq', bits: 4, group: 32 },
    how: 'a scale for 32 weights, or any group',
  },
];

export function enhancementSection(): TableSection {
  return {
    title: 'Seed 004, planned enhancements',
    columns: [{ head: 'planned there' }, { head: 'exists here' }, { head: 'how' }],
    rows: ENHANCEMENTS.map(({ what, recipe, how }) => [
      what,
      recipe !== undefined && recipeSchema.safeParse(recipe).success ? 'yes' : 'no',
      how,
    ]),
    claims: [],
    notes: [
      'yes: the lab takes a recipe for it; that is no figure of how well it does, and is not counted as a claim',
    ],
  };
}

function times(value: number): string {
  return `${Number(value.toPrecision(3))}x`;
}

function signedPercent(share: number): string {
  return `${share < 0 ? '' : '+'}${(100 * share).toFixed(1)}%`;
}
