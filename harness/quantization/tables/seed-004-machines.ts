import { type Claim, checkClaim, NO_HARDWARE, unmeasured } from './claim.js';
import { right, type TableSection } from './section.js';
import {
  BIT_NAMES,
  SEED_BITS,
  SEED_HARDWARE,
  SEED_SCENARIO_ROWS,
  SEED_SERVER,
  SEED_SPEEDS,
} from './seed-004-figures.js';

const SERVER_BATCH = 8;
/** Weights of Mistral 7B as the seed's own 13.2 GB in float16 have them. */
const MISTRAL_WEIGHTS = 13.2e9 / 2;

/** "Scenario 2" and "Hardware Compatibility": machines that are not here; only what the seed's own figures say of each other is checked. */
export function serverSection(): TableSection {
  const rows = SEED_SCENARIO_ROWS.map((bits) => [bits, SEED_SERVER[bits]] as const).map(
    ([bits, { rate, latency, memory }]) => [
      bits === 'FP32' ? bits : `${bits}-bit`,
      `${rate} tokens/s`,
      `${latency} ms`,
      `${memory} GB`,
      'not measured',
    ],
  );
  return {
    title: 'Seed 004, server inference',
    columns: [{ head: 'bits' }, right('throughput'), right('latency'), right('memory'), { head: 'here' }],
    rows,
    claims: [
      ...SEED_SCENARIO_ROWS.flatMap((bits) => serverClaims(String(bits), SEED_SERVER[bits])),
      float32Memory(),
    ],
    notes: [`Mistral 7B on a GPU: ${NO_HARDWARE}`],
  };
}

function serverClaims(
  bits: string,
  { rate, latency, memory }: { readonly rate: number; readonly latency: number; readonly memory: number },
): Claim[] {
  const where = `server, ${bits}`;
  return [
    unmeasured(where, `${rate} tokens/s, ${latency} ms, ${memory} GB`, NO_HARDWARE),
    checkClaim({
      where: `${where}, latency by its own throughput`,
      claim: `${latency} ms`,
      rule: { rule: 'about', value: latency, within: 0.01 },
      basis: 'arithmetic',
      measured: (1000 * SERVER_BATCH) / rate,
      show: (ms) => `${ms.toFixed(1)} ms`,
      note: `arithmetic: a batch of ${SERVER_BATCH} at ${rate} tokens/s`,
    }),
  ];
}

function float32Memory(): Claim {
  return checkClaim({
    where: 'server, FP32, memory',
    claim: '15.2 GB',
    rule: { rule: 'at least', value: (4 * MISTRAL_WEIGHTS) / 1e9 },
    basis: 'arithmetic',
    measured: SEED_SERVER.FP32.memory,
    show: (gb) => `${gb.toFixed(1)} GB`,
    note: "arithmetic: the seed's own 13.2 GB in float16 are 26.4 GB in float32, without activations",
  });
}

/** "Hardware Compatibility". */
export function hardwareSection(): TableSection {
  return {
    title: 'Seed 004, hardware compatibility',
    columns: [
      { head: 'machine' },
      ...SEED_BITS.slice(1).map((bits) => right(BIT_NAMES[bits])),
      { head: 'here' },
    ],
    rows: SEED_HARDWARE.map(({ machine, factors }) => [
      machine,
      ...SEED_BITS.slice(1).map((bits) => factors[bits] ?? ''),
      'not measured',
    ]),
    claims: [
      ...SEED_HARDWARE.map(({ machine, factors }) =>
        unmeasured(`compatibility, ${machine}`, Object.values(factors).join(', '), NO_HARDWARE),
      ),
      ownSpeedup(),
    ],
    notes: ['the seed does not say what its factors are of; speeds of this machine are none of a board'],
  };
}

/** Its two tables about the same GPU. */
function ownSpeedup(): Claim {
  const { FP32, 4: four } = SEED_SPEEDS['TinyLlama 1.1B'];
  return checkClaim({
    where: 'compatibility, RTX 3090, 4-bit, by its own speeds on that GPU',
    claim: '10-30x',
    rule: { rule: 'between', from: 10, to: 30 },
    basis: 'arithmetic',
    measured: four.gpu / FP32.gpu,
    show: (value) => `${Number(value.toPrecision(3))}x`,
    note: `${four.gpu} over ${FP32.gpu} tokens/s, if the factors are speed-ups`,
  });
}
