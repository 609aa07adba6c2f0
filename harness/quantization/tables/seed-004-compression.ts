import { codeOf } from '../quantizers/fit.js';
import { codeRange, isLopsided } from '../quantizers/grid.js';
import {
  bytesPerWeight,
  compression,
  type MeasuredBuilds,
  meanEntropy,
  REPRESENTATIVE_RULE,
  representative,
} from './build-facts.js';
import { type Claim, checkClaim, checkOrder } from './claim.js';
import { right, type TableSection } from './section.js';
import {
  BIT_NAMES,
  SEED_BITS,
  SEED_COMPRESSION,
  SEED_ORIGINALS,
  SEED_STORAGE,
  type SeedBits,
} from './seed-004-figures.js';

/** How far a size may be from what it is compared with: the seed rounds to two or three digits. */
const WITHIN = 0.05;
const about = (value: number) => ({ rule: 'about', value, within: WITHIN }) as const;

/** "Compression Ratios": sizes by arithmetic from the seed's own bytes a weight, factors as measured. */
export function compressionSection({ reports }: MeasuredBuilds): TableSection {
  const rows = SEED_BITS.map((bits) => {
    const report = representative(reports, bits);
    const { said, tinyLlamaMb, mistralMb } = SEED_COMPRESSION[bits];
    return [
      BIT_NAMES[bits],
      said,
      times(2 / SEED_STORAGE[bits].bytes),
      report === undefined ? '' : times(compression(report)),
      report?.build.name ?? '',
      ...[tinyLlamaMb, mistralMb].map((mb) => `${mb} MB`),
      ...Object.values(SEED_ORIGINALS).map(({ mb }) => `${Math.round(arithmeticMb(mb, bits))} MB`),
    ];
  });
  return {
    title: 'Seed 004, compression from float16',
    columns: [
      { head: 'bits' },
      right('seed'),
      right('by its own bytes a weight'),
      right('measured'),
      { head: 'build' },
      right('TinyLlama, seed'),
      right('Mistral, seed'),
      right('TinyLlama, arithmetic'),
      right('Mistral, arithmetic'),
    ],
    rows,
    claims: SEED_BITS.flatMap((bits) => compressionClaims(reports, bits)).concat(sizeOrder()),
    notes: [
      `measured: float16's bytes over the build's as stored, scales, padding and norms included; ${REPRESENTATIVE_RULE}`,
      "arithmetic: the original's bytes / 2 (float16) * the seed's own bytes a weight, without scales",
    ],
  };
}

function compressionClaims(reports: MeasuredBuilds['reports'], bits: SeedBits): Claim[] {
  const report = representative(reports, bits);
  const { factor, said } = SEED_COMPRESSION[bits];
  const possible = 2 / SEED_STORAGE[bits].bytes;
  const where = `compression factor, ${BIT_NAMES[bits]}`;
  const factors = [
    checkClaim({
      where: `${where}, by its own bytes a weight`,
      claim: said,
      rule: about(factor),
      basis: 'arithmetic',
      measured: possible,
      show: times,
      note: `bytes a weight: ${SEED_STORAGE[bits].bytes} against float16's 2, before any scale`,
    }),
    checkClaim({
      where: `${where}, measured`,
      claim: said,
      rule: about(factor),
      basis: 'measured',
      measured: report === undefined ? undefined : compression(report),
      show: times,
      ...(report === undefined ? {} : { note: report.build.name }),
    }),
  ];
  const sizes = Object.entries(SEED_ORIGINALS).map(([model, { mb, said: original, column }]) =>
    checkClaim({
      where: `size of ${model}, ${BIT_NAMES[bits]}`,
      claim: `${SEED_COMPRESSION[bits][column]} MB of ${original}`,
      rule: about(SEED_COMPRESSION[bits][column]),
      basis: 'arithmetic',
      measured: arithmeticMb(mb, bits),
      show: (value) => `${Math.round(value)} MB`,
      note: `arithmetic; its ${SEED_COMPRESSION[bits][column]} MB would be ${Number(((16 * SEED_COMPRESSION[bits][column]) / mb).toPrecision(3))} bits a weight, ${times(mb / SEED_COMPRESSION[bits][column])}`,
    }),
  );
  return [...factors, ...sizes];
}

function arithmeticMb(float16Mb: number, bits: SeedBits): number {
  return (float16Mb / 2) * SEED_STORAGE[bits].bytes;
}

/** The seed's table has 1.58 bits larger than 2. */
function sizeOrder(): Claim {
  const { 1.58: ternary, 2: two } = SEED_STORAGE;
  const byBytes = ternary.bytes < two.bytes ? ['1.58-bit', '2-bit'] : ['2-bit', '1.58-bit'];
  const note = `${ternary.bytes} bytes a weight of 1.58 bits are fewer than ${two.bytes} of 2 bits`;
  return checkOrder(
    'sizes, 2-bit beside 1.58-bit',
    '140 MB at 2 bits, 188 MB at 1.58 bits',
    ['2-bit', '1.58-bit'],
    byBytes,
    'arithmetic',
    note,
  );
}

/** "Quantization Storage Efficiency", with the entropy of the codes that there are and bytes as stored. */
export function storageSection({ reports, config }: MeasuredBuilds): TableSection {
  const found = SEED_BITS.map((bits) => ({ bits, report: representative(reports, bits) }));
  return {
    title: 'Seed 004, storage efficiency',
    columns: [
      { head: 'bits' },
      right('values, seed'),
      right('values of the grid'),
      right('entropy, seed'),
      right('entropy of the codes'),
      right('bytes/weight, seed'),
      right('as stored'),
      { head: 'build' },
    ],
    rows: found.map(({ bits, report }) => {
      const seed = SEED_STORAGE[bits];
      const entropy = report && meanEntropy(report, config);
      return [
        BIT_NAMES[bits],
        String(seed.values),
        String(codesOf(bits)),
        seed.entropy.toFixed(2),
        entropy === undefined ? '' : entropy.toFixed(2),
        String(seed.bytes),
        report === undefined ? '' : bytesPerWeight(report).toFixed(4),
        report?.build.name ?? '',
      ];
    }),
    claims: found.flatMap(({ bits, report }) => {
      const seed = SEED_STORAGE[bits];
      const where = (what: string) => `storage, ${BIT_NAMES[bits]}, ${what}`;
      return [
        checkClaim({
          where: where('values'),
          claim: String(seed.values),
          rule: { rule: 'equal', value: seed.values },
          basis: 'definition',
          measured: codesOf(bits),
          show: String,
          note: gridNote(bits),
        }),
        checkClaim({
          where: where('entropy'),
          claim: `${seed.entropy} bits`,
          rule: about(seed.entropy),
          basis: 'measured',
          measured: report && meanEntropy(report, config),
          show: (value) => `${value.toFixed(2)} bits`,
          note: "the seed's figure is that of codes which are all as frequent",
        }),
        checkClaim({
          where: where('bytes a weight'),
          claim: String(seed.bytes),
          rule: about(seed.bytes),
          basis: 'measured',
          measured: report && bytesPerWeight(report),
          show: (value) => value.toFixed(4),
          note: 'scales, padding and norms included',
        }),
      ];
    }),
    notes: [`entropy: Shannon's, of single codes, the mean over all weights; ${REPRESENTATIVE_RULE}`],
  };
}

/** How many codes the quantizer gives without a zero point: counted over values half a step apart that reach beyond both ends. */
function codesOf(bits: SeedBits): number {
  const grid = { bits, group: 'row', zeroPoint: false } as const;
  const [least, largest] = codeRange(grid);
  const codes = new Set<number>();
  for (let value = least - 1; value <= largest + 1; value += 0.5)
    codes.add(codeOf(value, { scale: 1, zero: 0, cut: 0.5 }, grid));
  return codes.size;
}

function gridNote(bits: SeedBits): string {
  const grid = { bits, zeroPoint: false } as const;
  const [least, largest] = codeRange(grid);
  const codes = `codes of the grid without a zero point, ${least} .. ${largest}`;
  if (!isLopsided(grid)) return codes;
  return `${codes}, which clip, gptq and awq use whole; naive and nearest never reach ${least}: ${codesOf(bits) - 1}`;
}

function times(value: number): string {
  return `${Number(value.toPrecision(3))}x`;
}
