import { z } from 'zod';
import { hostSchema } from './host-schema.js';
import { powerSchema } from './power-schema.js';

export const mac = z
  .string()
  .regex(/^([0-9a-f]{2}:){5}[0-9a-f]{2}$/, 'a MAC is six lower-case hex bytes, such as 24:6f:28:00:00:01');

/** major * 100 + minor, such as 301. */
const chipRevision = z.int().min(0).max(399);

const cardMode = z.enum(['1-bit', '4-bit']);

const common = {
  /** What people call it; unique in the rack. */
  id: z.string().regex(/^[a-z0-9][a-z0-9-]*$/, 'an id is lower-case letters, digits and dashes'),
  /** The chip's MAC: the board's identity. */
  mac,
  /** Free words that scenarios may ask for. */
  labels: z.array(z.string()).default([]),
  /** The host of `hosts` that has the board on its desk; absent: this machine. */
  rack_host: z.string().optional(),
  /** What card is in the slot, in words, such as `SanDisk Ultra 32 GB A1`. */
  card: z.string().optional(),
  /** Bus width of the SD card. */
  card_mode: cardMode.optional(),
  power: powerSchema.optional(),
  /**
   * Cost table that models this board; relative to the rack file. A virtual board's clock runs by it (default:
   * fixtures/hardware/esp32cam.json), `tokenrack bringup` makes it for a real one.
   */
  cost_table: z.string().optional(),
};

export const virtualBoard = z.strictObject({
  ...common,
  link: z.literal('virtual'),
  chip_revision: chipRevision.default(301),
  card_mode: cardMode.default('1-bit'),
  /** Card reads into PSRAM go through a buffer in internal RAM. */
  bounce_buffer: z.boolean().default(true),
  /** FatFs's cluster map, so that a seek does not walk the chain. */
  fast_seek: z.boolean().default(true),
  /** `virtual`: as fast as the machine allows; `real`: paced by the wall clock. */
  pace: z.enum(['virtual', 'real']).default('virtual'),
});

const usbBoard = z.strictObject({
  ...common,
  link: z.literal('usb'),
  chip_revision: chipRevision.optional(),
  /** Serial port, such as /dev/ttyUSB0 or COM4: where the board was last seen. Its MAC says whether it still is. */
  port: z.string(),
  /** Where on the USB tree its adapter is plugged in, as `tokenrack rack scan` prints it: found again though ports were renamed. */
  usb_path: z.string().optional(),
});

const rfc2217Board = z.strictObject({
  ...common,
  link: z.literal('rfc2217'),
  chip_revision: chipRevision.optional(),
  /** Name or address of the serial server's machine. */
  host: z.string().regex(/^[^\s/?#@[\]]+$/, 'a host is a name or an address, such as lab-3 or 192.168.0.7'),
  /** TCP port of the serial server. */
  port: z.int().min(1).max(65_535),
  /** `modelled`: what the server serves is a virtual board, and its times come from a cost table. */
  clock: z.enum(['hardware', 'modelled']).default('hardware'),
});

/** A board of a rack, as it is written; `tokenrack rack schema` prints this for editors. */
export const boardSchema = z.discriminatedUnion('link', [virtualBoard, usbBoard, rfc2217Board]);

/** What every board has that does not say otherwise. Labels are added to a board's own. */
const defaultsSchema = z.strictObject({
  labels: z.array(z.string()).optional(),
  rack_host: z.string().optional(),
  card: z.string().optional(),
  card_mode: cardMode.optional(),
  power: powerSchema.optional(),
  cost_table: z.string().optional(),
});

/** `rack.yaml`. */
export const rackSchema = z.strictObject({
  defaults: defaultsSchema.optional(),
  hosts: z.array(hostSchema).default([]),
  boards: z.array(boardSchema).min(1, 'a rack has at least one board'),
});

/** The same, with the defaults given to the boards before they are looked at. */
export const rackFileSchema = z.preprocess(applyDefaults, rackSchema);

function applyDefaults(document: unknown): unknown {
  const { defaults, boards } = (document ?? {}) as { defaults?: unknown; boards?: unknown };
  if (!isMap(defaults) || !Array.isArray(boards)) return document;
  return {
    ...(document as object),
    boards: boards.map((board) => (isMap(board) ? withDefaults(board, defaults) : board)),
  };
}

function withDefaults(board: Record<string, unknown>, defaults: Record<string, unknown>): unknown {
  const labels = [defaults.labels, board.labels].flatMap((list) => (Array.isArray(list) ? list : []));
  return { ...defaults, ...board, ...(labels.length === 0 ? {} : { labels }) };
}

function isMap(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export type RackBoard = z.output<typeof boardSchema>;
export type VirtualRackBoard = z.output<typeof virtualBoard>;
