import { z } from 'zod';

const command = z
  .array(z.string().min(1))
  .min(1, 'a command is a list: the program, then its arguments')
  .describe('Program and arguments; run without a shell.');

const httpCall = z.strictObject({
  url: z.url({ protocol: /^https?$/ }),
  method: z.enum(['GET', 'POST', 'PUT', 'PATCH']).default('POST'),
  headers: z.record(z.string(), z.string()).default({}),
  body: z.string().optional(),
});

export const powerSchema = z
  .discriminatedUnion('kind', [
    z.strictObject({
      kind: z
        .literal('uhubctl')
        .describe('A USB hub that switches its ports: https://github.com/mvp/uhubctl'),
      hub: z
        .string()
        .regex(/^\d+(-\d+(\.\d+)*)?$/, 'a hub is a location such as 1-1.4')
        .describe('Location of the hub, as `uhubctl` prints it, such as 1-1.4.'),
      port: z.int().min(1).max(32).describe('Port of the hub.'),
    }),
    z.strictObject({
      kind: z
        .literal('command')
        .describe('Commands of a power distribution unit or a relay; exit code 0 means done.'),
      on: command,
      off: command,
    }),
    z.strictObject({
      kind: z
        .literal('http')
        .describe('HTTP calls of a power distribution unit or a relay; any 2xx means done.'),
      on: httpCall,
      off: httpCall,
    }),
  ])
  .describe("How the board's supply is switched. Absent: it cannot be, and somebody has to pull the plug.");

export type PowerControl = z.output<typeof powerSchema>;
