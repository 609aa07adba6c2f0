import { z } from 'zod';

/** Program and arguments; run without a shell. */
const command = z.array(z.string().min(1)).min(1, 'a command is a list: the program, then its arguments');

const httpCall = z.strictObject({
  url: z.url({ protocol: /^https?$/ }),
  method: z.enum(['GET', 'POST', 'PUT', 'PATCH']).default('POST'),
  headers: z.record(z.string(), z.string()).default({}),
  body: z.string().optional(),
});

/** How the board's supply is switched. Absent: it cannot be, and somebody has to pull the plug. */
export const powerSchema = z.discriminatedUnion('kind', [
  /** A USB hub that switches its ports: https://github.com/mvp/uhubctl */
  z.strictObject({
    kind: z.literal('uhubctl'),
    /** Location of the hub, as `uhubctl` prints it, such as 1-1.4. */
    hub: z.string().regex(/^\d+(-\d+(\.\d+)*)?$/, 'a hub is a location such as 1-1.4'),
    port: z.int().min(1).max(32),
  }),
  /** Commands of a power distribution unit or a relay; exit code 0 means done. */
  z.strictObject({ kind: z.literal('command'), on: command, off: command }),
  /** HTTP calls of one; any 2xx means done. */
  z.strictObject({ kind: z.literal('http'), on: httpCall, off: httpCall }),
]);

export type PowerControl = z.output<typeof powerSchema>;
