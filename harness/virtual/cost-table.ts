import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { ConfigError } from '../errors.js';
import { defaultCostTablePath } from './default-cost-table.js';

export { defaultCostTablePath };

const costTable = z.strictObject({
  board: z.string(),
  cpuMhz: quantity('MHz'),
  /** By kernel of firmware/ports/wasm/ABI.md, in the order of their numbers. */
  kernels: z.strictObject({
    float32Dot: quantity('cycles/MAC'),
    float32Elementwise: quantity('cycles/element'),
    exp: quantity('cycles/call'),
    crc: quantity('cycles/byte'),
    rmsNorm: quantity('cycles/element'),
    float16Dot: quantity('cycles/MAC'),
    bfloat16Dot: quantity('cycles/MAC'),
    int8Dot: quantity('cycles/MAC'),
    int4Dot: quantity('cycles/MAC'),
    int2Dot: quantity('cycles/MAC'),
    ternaryDot: quantity('cycles/MAC'),
    ternary2BitDot: quantity('cycles/MAC'),
    binaryDot: quantity('cycles/MAC'),
    quantize: quantity('cycles/element'),
    screenBound: quantity('cycles/group'),
    copy: quantity('cycles/byte'),
  }),
  cores: z.strictObject({ parallelSectionUs: quantity('us') }),
  memory: z.strictObject({
    /** In all; `internalHeapUpperBytes` of it lie apart and never merge with the rest. */
    internalHeapBytes: wholeQuantity('bytes'),
    internalHeapUpperBytes: wholeQuantity('bytes'),
    psramBytes: wholeQuantity('bytes'),
    /** Of it, what the system around the app holds from the start on. */
    psramSystemBytes: wholeQuantity('bytes'),
    appTaskStackBytes: wholeQuantity('bytes'),
    psramBandwidth: quantity('MB/s'),
    flashBandwidth: quantity('MB/s'),
    copyToPsramBandwidth: quantity('MB/s'),
  }),
  card: z.strictObject({
    sequentialOneBit: quantity('MB/s'),
    sequentialFourBit: quantity('MB/s'),
    directToPsram: quantity('MB/s'),
    seekUs: quantity('us'),
    chainWalkUs: quantity('us'),
    mountUs: quantity('us'),
    openUs: quantity('us'),
  }),
  uart: z.strictObject({
    txFifoBytes: wholeQuantity('bytes'),
    rxFifoBytes: wholeQuantity('bytes'),
    rxRingBytes: wholeQuantity('bytes'),
    rxFullThresholdBytes: wholeQuantity('bytes'),
    rxIdleSymbols: wholeQuantity('symbols'),
    readCallUs: quantity('us'),
  }),
  /** The flash chip, and what the loader does with it; the app's own reads are `memory.flashBandwidth`. */
  flash: z.strictObject({
    pageProgramUs: quantity('us'),
    sectorEraseUs: quantity('us'),
    blockEraseUs: quantity('us'),
    chipEraseUs: quantity('us'),
    readBandwidth: quantity('MB/s'),
    md5: quantity('cycles/byte'),
  }),
  boot: z.strictObject({ psramTestUs: quantity('us') }),
  /** What a board spends time on and the model does not, by a name of its own, each with the reason. */
  notCharged: z.record(z.string(), z.string()),
});

/** What operations cost on the modelled board. MB are 10^6 bytes, so MB/s are bytes per microsecond. */
export type CostTable = z.output<typeof costTable>;

/** @throws ConfigError `cost-table` naming the file and the entry that is wrong. */
export function loadCostTable(path: string = defaultCostTablePath): CostTable {
  const parsed = costTable.safeParse(readJson(path));
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0]!;
  const entry = issue.path.join('.') || 'the table';
  throw new ConfigError('cost-table', `${path}: ${entry}: ${issue.message}; see ${defaultCostTablePath}`, {
    path,
  });
}

function readJson(path: string): unknown {
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch (cause) {
    const what =
      cause instanceof SyntaxError ? `is not JSON: ${cause.message}` : 'cannot be read as a cost table';
    throw new ConfigError('cost-table', `${path} ${what}`, { path, cause });
  }
}

/** A figure with its unit and where it comes from; a table without sources is refused. */
function quantity<Unit extends string>(unit: Unit) {
  return z.strictObject({ value: z.number().positive(), unit: z.literal(unit), source: z.string().min(5) });
}

function wholeQuantity<Unit extends string>(unit: Unit) {
  return quantity(unit).extend({ value: z.int().positive() });
}
