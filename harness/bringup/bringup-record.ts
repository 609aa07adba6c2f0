import { z } from 'zod';

const count = z.int().min(0);
const memory = z.enum(['internal', 'psram']);

const kernelSample = z.object({
  kernel: z.enum(['dot', 'elementwise', 'exp', 'crc', 'rmsnorm', 'stream']),
  memory,
  /** Units (elements, or bytes of a CRC) of one call. */
  size: count,
  /** Calls of one pass, over neighbouring memory. */
  calls: count,
  /** Bytes of one pass. */
  bytes: count,
  /** Median over the rounds of one pass, by the board's clock. */
  pass_us: z.number(),
});

const cardSample = z.object({
  memory,
  /** Bytes of one request; with a bounce buffer it goes in pieces. */
  block: count,
  pattern: z.enum(['sequential', 'scattered']),
  /** Piece of the app's own buffer in internal RAM; absent: straight to its target, as the core reads. */
  bounce: count.optional(),
  reads: count,
  /** Reads that did not start where the one before ended. */
  seeks: count,
  bytes: count,
  us: z.number(),
  /** The fastest and the slowest request. */
  min_us: z.number(),
  max_us: z.number(),
});

const uartDirection = z.object({
  bytes: count,
  damaged_lines: count,
  /** Errors per byte, from whole lines that arrived right. */
  error_rate: z.number(),
  /** 95% upper bound of it. */
  error_rate_at_most: z.number(),
});

const uartRate = z.object({
  baud: count,
  /** Absent when no line passes at this rate. */
  to_board: uartDirection.optional(),
  from_board: uartDirection.optional(),
});

const missing = z.object({ what: z.string(), why: z.string() });

/** What bring-up saw of one board, before anything is derived from it. Times are the board's own, in microseconds. */
export const observationsSchema = z.object({
  uart: z.array(uartRate),
  recommended_baud: count,
  kernels: z.array(kernelSample),
  card: z.array(cardSample),
  /** One mount, and one file opened and closed. */
  mount_us: z.number().optional(),
  open_us: z.number().optional(),
  /** Pieces in which the file that was read lies on the card: 1 is contiguous. Absent when the board cannot tell. */
  fragments: count.optional(),
  /** One read of the UART that finds nothing. */
  poll_us: z.number().optional(),
  /** Output of so many bytes, from an empty FIFO until the driver has taken all of them. */
  writes: z.array(z.object({ bytes: count, us: z.number() })),
  heap_bytes: count,
  psram_bytes: count,
  /** What could not be measured, and why. */
  missing: z.array(missing),
});

/** The bring-up record: beside the rack file, one for each board. */
export const bringupRecordSchema = z.object({
  bringup: z.literal(1),
  tokenrack: z.string(),
  date: z.string(),
  board: z.string(),
  mac: z.string(),
  clock: z.enum(['hardware', 'modelled']),
  build: z.string(),
  chip: z.object({ name: z.string(), revision: count, flash_bytes: count, flashed_at_baud: count }),
  observations: observationsSchema,
});

export type KernelSample = z.output<typeof kernelSample>;
export type CardSample = z.output<typeof cardSample>;
export type UartDirection = z.output<typeof uartDirection>;
export type UartRate = z.output<typeof uartRate>;
export type Observations = z.output<typeof observationsSchema>;
export type BringupRecord = z.output<typeof bringupRecordSchema>;
