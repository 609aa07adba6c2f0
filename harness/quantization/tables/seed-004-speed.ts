import type { ValidationReport } from '../validation-report.js';
import { hundredTokensMs, type MeasuredBuilds, REPRESENTATIVE_RULE, representative } from './build-facts.js';
import { type Claim, checkClaim, NO_HARDWARE, unmeasured } from './claim.js';
import { right, type TableSection } from './section.js';
import {
  BIT_NAMES,
  SEED_BITS,
  SEED_CHAT,
  SEED_MEMORY,
  SEED_SCENARIO_ROWS,
  SEED_SPEEDS,
  type SeedBits,
} from './seed-004-figures.js';

type Speed = NonNullable<ValidationReport['speed']>;

/** "Inference Speed": the ratio to float32 on the virtual board beside the speed-ups claimed. */
export function speedSection({ reports }: MeasuredBuilds): TableSection {
  const { 'TinyLlama 1.1B': tiny, 'Mistral 7B': mistral } = SEED_SPEEDS;
  const base = reports.find(({ speed }) => speed !== undefined)?.speed;
  const rows = SEED_BITS.map((bits) => {
    const report = representative(reports, bits);
    return [
      BIT_NAMES[bits],
      `${tiny[bits].speedup}x`,
      `${mistral[bits].speedup}x`,
      report?.speed === undefined ? '' : rate(report.speed.build.tokensPerSecond),
      report?.speed === undefined ? (report?.unsupported ?? '') : times(report.speed.ratio),
      report?.build.name ?? '',
    ];
  });
  const float32 = ['FP32', '1x', '1x', base === undefined ? '' : rate(base.base.tokensPerSecond), '1x', ''];
  return {
    title: 'Seed 004, inference speed',
    columns: [
      { head: 'bits' },
      right('TinyLlama, seed'),
      right('Mistral, seed'),
      right('on the board, tokens/s'),
      right('ratio to float32'),
      { head: 'build' },
    ],
    rows: [float32, ...rows],
    claims: [...SEED_BITS.flatMap((bits) => speedClaims(reports, bits)), ...otherMachines()],
    notes: [conditions(base), REPRESENTATIVE_RULE],
  };
}

function speedClaims(reports: MeasuredBuilds['reports'], bits: SeedBits): Claim[] {
  const report = representative(reports, bits);
  return Object.entries(SEED_SPEEDS).flatMap(([model, table]) => {
    const { cpu, speedup } = table[bits];
    const where = `speed-up, ${model}, ${BIT_NAMES[bits]}`;
    return [
      checkClaim({
        where: `${where}, by its own CPU column`,
        claim: `${speedup}x`,
        rule: { rule: 'about', value: speedup, within: 0.05 },
        basis: 'arithmetic',
        measured: cpu / table.FP32.cpu,
        show: times,
        note: `${cpu} over ${table.FP32.cpu} tokens/s; the column fits its GPU`,
      }),
      checkClaim({
        where: `${where}, on the board`,
        claim: `${speedup}x`,
        rule: { rule: 'at least', value: speedup },
        basis: 'measured',
        measured: report?.speed?.ratio,
        show: times,
        ...(report === undefined
          ? {}
          : { missing: report.unsupported ?? 'no speed', note: report.build.name }),
      }),
    ];
  });
}

function otherMachines(): Claim[] {
  return Object.entries(SEED_SPEEDS).flatMap(([model, table]) =>
    Object.entries(table).map(([bits, { cpu, gpu }]) =>
      unmeasured(`tokens/s, ${model}, ${bits}`, `${cpu} on an i7-12700K, ${gpu} on an RTX 3090`, NO_HARDWARE),
    ),
  );
}

/** "Scenario 1: Chat Application": load, first token, rate, 100 tokens, as shares of float32's. */
export function chatSection({ reports }: MeasuredBuilds): TableSection {
  const base = reports.find(({ speed }) => speed !== undefined)?.speed;
  const measured = SEED_BITS.map((bits) => ({ bits, report: representative(reports, bits) }));
  return {
    title: 'Seed 004, load time, first token, 100 tokens',
    columns: [
      { head: 'bits' },
      ...['load', 'first token', 'tokens/s', '100 tokens'].flatMap((what) => [
        right(`${what}, seed`),
        right('board'),
      ]),
    ],
    rows: [
      ['FP32', ...chatCells('FP32', base?.base)],
      ...measured.map(({ bits, report }) => [BIT_NAMES[bits], ...chatCells(bits, report?.speed?.build)]),
    ],
    claims: [
      ...SEED_SCENARIO_ROWS.map((bits) => chatArithmetic(String(bits), SEED_CHAT[bits])),
      ...measured.flatMap(({ bits, report }) => chatClaims(bits, report?.speed)),
    ],
    notes: [
      conditions(base),
      '100 tokens: the first token, then 99 at the decode rate. The seed is of another model on a GPU, so that shares of float32 are compared, not times',
    ],
  };
}

type Chat = (typeof SEED_CHAT)[keyof typeof SEED_CHAT];

function chatOf(bits: SeedBits | 'FP32'): Chat | undefined {
  return (SEED_CHAT as Readonly<Record<string, Chat>>)[bits];
}

function chatCells(bits: SeedBits | 'FP32', side: Speed['base'] | undefined): string[] {
  const seed = chatOf(bits);
  const ours =
    side === undefined
      ? ['', '', '', '']
      : [
          seconds(side.loadMs),
          seconds(side.firstTokenMs),
          rate(side.tokensPerSecond),
          seconds(hundredTokensMs(side)),
        ];
  const theirs =
    seed === undefined
      ? ['', '', '', '']
      : [`${seed.load} s`, `${seed.first} ms`, String(seed.rate), seed.said];
  return theirs.flatMap((cell, index) => [cell, ours[index]!]);
}

/** Whether the seed's own first token and rate make its own total. */
function chatArithmetic(bits: string, { first, rate: tokens, total, said, digit }: Chat): Claim {
  return checkClaim({
    where: `chat, ${bits}, 100 tokens by its own figures`,
    claim: said,
    rule: { rule: 'about', value: total, within: (0.5 * digit) / total },
    basis: 'arithmetic',
    measured: hundredTokensMs({ firstTokenMs: first, tokensPerSecond: tokens }) / 1000,
    show: (value) => `${value.toFixed(2)} s`,
    note: `${first} ms, then 99 tokens at ${tokens} tokens/s`,
  });
}

function chatClaims(bits: SeedBits, speed: Speed | undefined): Claim[] {
  const seed = chatOf(bits);
  if (seed === undefined) return [];
  const { FP32 } = SEED_CHAT;
  const shareOf = (what: string, claimed: number, value: (side: Speed['base']) => number) =>
    checkClaim({
      where: `chat, ${BIT_NAMES[bits]}, ${what} on the board`,
      claim: `${percent(claimed)} of float32's`,
      rule: { rule: 'at most', value: claimed },
      basis: 'measured',
      measured: speed && value(speed.build) / value(speed.base),
      show: percent,
    });
  return [
    shareOf('load', seed.load / FP32.load, (side) => side.loadMs),
    shareOf('first token', seed.first / FP32.first, (side) => side.firstTokenMs),
    shareOf('100 tokens', seed.total / FP32.total, hundredTokensMs),
  ];
}

/** "Memory Usage": what PSRAM and heap held at most, as a share of float32's. */
export function memorySection({ reports }: MeasuredBuilds): TableSection {
  const base = reports.find(({ speed }) => speed !== undefined)?.speed;
  const measured = SEED_BITS.map((bits) => ({ bits, speed: representative(reports, bits)?.speed }));
  const cells = (bits: 'FP32' | SeedBits, side: Speed['base'] | undefined) => [
    `${SEED_MEMORY[bits].total} MB`,
    percent(SEED_MEMORY[bits].total / SEED_MEMORY.FP32.total),
    ...(side === undefined
      ? ['', '', '']
      : [
          kilobytes(side.peakPsramBytes),
          kilobytes(side.peakHeapBytes),
          percent(peak(side) / peak(base!.base)),
        ]),
  ];
  return {
    title: 'Seed 004, memory by bits',
    columns: [
      { head: 'bits' },
      right('TinyLlama, seed'),
      right('of float32'),
      right('peak PSRAM'),
      right('peak heap'),
      right('of float32'),
    ],
    rows: [
      ['FP32', ...cells('FP32', base?.base)],
      ...measured.map(({ bits, speed }) => [BIT_NAMES[bits], ...cells(bits, speed?.build)]),
    ],
    claims: [
      checkClaim({
        where: 'memory, TinyLlama 1.1B, FP32 weights',
        claim: '2.2 GB',
        rule: { rule: 'about', value: 2.2, within: 0.05 },
        basis: 'arithmetic',
        measured: 1.1 * 4,
        show: (gb) => `${gb.toFixed(1)} GB`,
        note: 'arithmetic: 1.1 billion weights of four bytes; 2.2 GB are float16',
      }),
      ...measured.map(({ bits, speed }) => memoryClaim(bits, speed)),
    ],
    notes: [
      conditions(base),
      'PSRAM holds the KV cache, buffers and as many weights as fit: where not all do, a smaller format fills it with more of them and the peak stays',
    ],
  };
}

function memoryClaim(bits: SeedBits, speed: Speed | undefined): Claim {
  const claimed = SEED_MEMORY[bits].total / SEED_MEMORY.FP32.total;
  return checkClaim({
    where: `memory, ${BIT_NAMES[bits]}, on the board`,
    claim: `${percent(claimed)} of float32's`,
    rule: { rule: 'at most', value: claimed },
    basis: 'measured',
    measured: speed && peak(speed.build) / peak(speed.base),
    show: percent,
    note: 'peak PSRAM and heap together',
  });
}

function peak({ peakPsramBytes, peakHeapBytes }: Speed['base']): number {
  return peakPsramBytes + peakHeapBytes;
}

function conditions(speed: Speed | undefined): string {
  if (speed === undefined) return 'no speed was measured';
  const { clock, board, strategy, cardMode } = speed;
  const what = clock === 'modelled' ? 'modelled (times come from the cost table, not from hardware)' : clock;
  return `clock: ${what}; board ${board}, strategy ${strategy}, ${cardMode} card; float32 under the same conditions`;
}

function rate(tokensPerSecond: number): string {
  return String(Number(tokensPerSecond.toPrecision(3)));
}

function seconds(ms: number): string {
  return ms < 1000 ? `${Number(ms.toPrecision(3))} ms` : `${Number((ms / 1000).toPrecision(3))} s`;
}

function kilobytes(bytes: number): string {
  return `${Math.round(bytes / 1000).toLocaleString('en-US')} KB`;
}

function times(value: number): string {
  return `${Number(value.toPrecision(3))}x`;
}

function percent(share: number): string {
  return `${Math.round(100 * share)}%`;
}
