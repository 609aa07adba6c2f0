import { z } from 'zod';

export const failureSchema = z.object({
  class: z.enum(['product-fail', 'infra-fail', 'config-error', 'harness-bug', 'inconclusive']),
  code: z.string().optional(),
  message: z.string(),
  board: z.string().optional(),
  evidence: z.string().optional(),
});

/**
 * What the host did with one board in one attempt: enough to give every byte of the capture its meaning.
 * `attempt.json`, beside `uart.bin` and `uart.jsonl`.
 */
export const attemptSchema = z.object({
  board: z.string(),
  attempt: z.int(),
  startedAt: z.string(),
  clock: z.enum(['hardware', 'modelled']),
  /** Nonce of the session; records of any other are stale. Absent when none was opened. */
  nonce: z.string().optional(),
  /** Which prompt each `generate` command served, by sequence number. */
  calls: z.array(
    z.object({
      q: z.int(),
      /** `measure`: counts; `warm-up`: discarded; `diagnose`: fetches full logits where a CRC differed. */
      purpose: z.enum(['measure', 'warm-up', 'diagnose']),
      prompt: z.int(),
      repeat: z.int(),
      /** New tokens asked for; a diagnosis looks at the last of them. */
      tokens: z.int(),
      /** Where in `uart.bin` the answer of a foreign firmware begins, which has no sequence numbers. */
      offset: z.int().optional(),
    }),
  ),
  /** Rate of the session, after the boot. */
  baudRate: z.int().optional(),
  /** Sequence number of the `load` command. */
  loadQ: z.int().optional(),
  /** Sequence number of the `info` command after it. */
  infoQ: z.int().optional(),
  /**
   * The lease under which the board was held, by the clock of the machine that has it: microseconds since its boot `boot`. Of one MAC no two
   * leases overlap, and a later one has a larger fence. Absent in older runs.
   */
  lease: z
    .object({
      fence: z.int(),
      owner: z.object({ user: z.string(), pid: z.int(), what: z.string() }),
      acquiredUs: z.int(),
      boot: z.string(),
      /** When this attempt let go of the board; the lease itself may have lasted longer. */
      endedUs: z.int().optional(),
    })
    .optional(),
  /** Absent when the attempt did not come to it. */
  flash: z
    .object({
      mac: z.string(),
      revision: z.int().optional(),
      baudRate: z.int(),
      /** Further attempts, at the same or a lower rate. */
      retries: z.int().optional(),
      elapsedMs: z.number(),
      bytesWritten: z.int(),
      bytesSkipped: z.int(),
    })
    .optional(),
  /** How the model got onto the card, and what that took. Absent when the attempt did not come to it. */
  provision: z
    .object({
      mode: z.enum(['uart', 'reader', 'none']),
      filesChanged: z.int().optional(),
      bytesSent: z.int().optional(),
      wireBytes: z.int().optional(),
      blocksSent: z.int().optional(),
      blocksEqual: z.int().optional(),
      hashesCompared: z.int().optional(),
      retries: z.int().optional(),
      elapsedUs: z.number().optional(),
      transferUs: z.number().optional(),
      baudRate: z.int().optional(),
      /** Payload over the wire's limit of baud / 10 bytes a second. */
      wireEfficiency: z.number().optional(),
      /** What is wrong with the card without keeping it from working. */
      findings: z.array(z.string()).optional(),
    })
    .optional(),
  /** Generations that were made again, since records of them were lost on the way. */
  remade: z.int().optional(),
  /** Why the attempt ended early. */
  failure: failureSchema.optional(),
});

export type Attempt = z.output<typeof attemptSchema>;
export type AttemptCall = Attempt['calls'][number];
