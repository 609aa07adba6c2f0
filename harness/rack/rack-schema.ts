import { z } from 'zod';
import { hostSchema } from './host-schema.js';
import { powerSchema } from './power-schema.js';

export const mac = z
  .string()
  .regex(/^([0-9a-f]{2}:){5}[0-9a-f]{2}$/, 'a MAC is six lower-case hex bytes, such as 24:6f:28:00:00:01')
  .describe("The chip's MAC, the board's identity: six lower-case hex bytes, in quotes.");

const chipRevision = z.int().min(0).max(399).describe('Chip revision: major * 100 + minor, such as 301.');

const cardMode = z.enum(['1-bit', '4-bit']).describe('Bus width of the SD card.');

/** What a board and `defaults` have alike. */
const shared = {
  rack_host: z
    .string()
    .optional()
    .describe('The host of `hosts` that has the board on its desk; absent: this machine.'),
  card: z.string().optional().describe('What card is in the slot, in words, such as SanDisk Ultra 32 GB A1.'),
  card_mode: cardMode.optional(),
  power: powerSchema.optional(),
  cost_table: z
    .string()
    .optional()
    .describe(
      "Cost table that models this board, relative to the rack file. A virtual board's clock runs by it (default: fixtures/hardware/esp32cam.json), `tokenrack bringup` makes it for a real one.",
    ),
};

const common = {
  id: z
    .string()
    .regex(/^[a-z0-9][a-z0-9-]*$/, 'an id is lower-case letters, digits and dashes')
    .describe('What people call it; unique in the rack.'),
  mac,
  labels: z.array(z.string()).default([]).describe('Free words that scenarios may ask for.'),
  ...shared,
};

export const virtualBoard = z.strictObject({
  ...common,
  link: z.literal('virtual').describe('A virtual ESP32-CAM in this process.'),
  chip_revision: chipRevision.default(301),
  card_mode: cardMode.default('1-bit'),
  bounce_buffer: z
    .boolean()
    .default(true)
    .describe('Card reads into PSRAM go through a buffer in internal RAM.'),
  fast_seek: z
    .boolean()
    .default(true)
    .describe("FatFs's cluster map, so that a seek does not walk the chain."),
  pace: z
    .enum(['virtual', 'real'])
    .default('virtual')
    .describe('virtual: as fast as the machine allows; real: paced by the wall clock.'),
  pace_scale: z
    .number()
    .positive('a pace scale is more than 0')
    .default(1)
    .describe(
      'At real pace: virtual seconds to a second of the wall clock. Boards with one scale, small enough for the machine to ' +
        'keep up with all of them, run as if beside each other.',
    ),
});

const usbBoard = z.strictObject({
  ...common,
  link: z.literal('usb').describe('A serial port of the machine.'),
  chip_revision: chipRevision.optional(),
  port: z
    .string()
    .describe(
      'Serial port where the board was last seen, such as /dev/ttyUSB0 or COM4. Its MAC says whether it still is there.',
    ),
  usb_path: z
    .string()
    .optional()
    .describe(
      'Where on the USB tree its adapter is plugged in, as `tokenrack rack scan` writes it: the board is found again though ports were renamed.',
    ),
});

const rfc2217Board = z.strictObject({
  ...common,
  link: z.literal('rfc2217').describe('Behind a serial server (RFC 2217), such as ser2net.'),
  chip_revision: chipRevision.optional(),
  host: z
    .string()
    .regex(/^[^\s/?#@[\]]+$/, 'a host is a name or an address, such as lab-3 or 192.168.0.7')
    .describe("Name or address of the serial server's machine."),
  port: z.int().min(1).max(65_535).describe('TCP port of the serial server.'),
  clock: z
    .enum(['hardware', 'modelled'])
    .default('hardware')
    .describe('modelled: what the server serves is a virtual board, and its times come from a cost table.'),
  ign_set_control: z
    .boolean()
    .optional()
    .describe(
      'true: do not wait for the server to confirm DTR and RTS, which some never do; as `?ign_set_control` in an address.',
    ),
});

const boardKinds = [virtualBoard, usbBoard, rfc2217Board] as const;

/** A board of a rack, as it is written; `tokenrack rack schema` prints this for editors. */
export const boardSchema = z.discriminatedUnion('link', boardKinds);

const defaultsSchema = z
  .strictObject({ labels: z.array(z.string()).optional().describe("Added to a board's own."), ...shared })
  .describe('What every board has that does not say otherwise.');

/** `rack.yaml`. */
export const rackSchema = z.strictObject({
  defaults: defaultsSchema.optional(),
  hosts: z.array(hostSchema).default([]).describe('Machines that have boards of their own.'),
  boards: z
    .array(boardSchema)
    .min(1, 'a rack has at least one board')
    .describe('The boards; `tokenrack rack scan --write` finds and enters them.'),
});

/** The same, with the defaults given to the boards before they are looked at. */
export const rackFileSchema = z.preprocess((document, context) => {
  for (const { path, message } of strayKeys(document)) context.addIssue({ code: 'custom', path, message });
  return applyDefaults(document);
}, rackSchema);

/** Keys that boards of another link have: that says more than that they are unknown. */
function strayKeys(document: unknown): { readonly path: (string | number)[]; readonly message: string }[] {
  const { boards } = (document ?? {}) as { boards?: unknown };
  return (Array.isArray(boards) ? boards : []).flatMap((board: unknown, index) => {
    const own = isMap(board) ? boardKinds.find((kind) => kind.shape.link.value === board.link) : undefined;
    if (own === undefined) return [];
    return Object.keys(board as object).flatMap((key) => {
      const others = key in own.shape ? [] : boardKinds.filter(({ shape }) => key in shape);
      if (others.length === 0) return [];
      const links = others.map(({ shape }) => shape.link.value).join(' and ');
      const message = `only a board with the link ${links} has this key, and the link of this one is ${own.shape.link.value}`;
      return [{ path: ['boards', index, key], message }];
    });
  });
}

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
