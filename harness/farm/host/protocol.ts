import { z } from 'zod';
import { boardSchema } from '../../rack/rack-schema.js';
import { jobIdSchema, jobOutcomeSchema, jobSchema, placementSchema } from '../jobs/job.js';
import { jobLineSchema } from '../jobs/job-line.js';

/** What a controller and a rack host say to each other: JSON lines (FARM.md, "A rack host over SSH"). */

const sha256 = z.string().regex(/^[0-9a-f]{64}$/);
const nothing = z.object({});
const reference = { job: jobIdSchema, try: z.int().min(1) };

const ownerSchema = z.object({ user: z.string(), pid: z.int(), what: z.string() });

/** As `LeaseState` of harness/lease. */
const leaseStateSchema = z.object({
  folder: z.string(),
  mac: z.string(),
  board: z.string(),
  fence: z.int(),
  holder: ownerSchema
    .extend({
      heldMs: z.number(),
      leftMs: z.number(),
      expectedLeftMs: z.number().exactOptional(),
      gone: z.boolean().exactOptional(),
      revokedBy: z.string().exactOptional(),
    })
    .exactOptional(),
  queue: z.array(ownerSchema.extend({ waitedMs: z.number() })).readonly(),
});

/** As `Released` of harness/lease. */
const releasedSchema = z.discriminatedUnion('state', [
  z.object({ state: z.literal('free'), holder: ownerSchema.exactOptional() }),
  z.object({ state: z.literal('revoked'), holder: ownerSchema, leftMs: z.number() }),
]);

/** As `BoardStatus` of harness/farm/place.ts. */
const boardStatusSchema = z.object({
  mac: z.string(),
  state: z.enum(['free', 'held', 'quarantined', 'unreachable']),
  why: z.string().exactOptional(),
  freeInMs: z.number().exactOptional(),
  build: z.string().exactOptional(),
});

/** What each method is given and what it answers. */
export const METHODS = {
  hello: {
    params: z.object({ version: z.string() }),
    result: z.object({
      version: z.string(),
      /** Its own name for itself. */
      machine: z.string(),
      /** Names this boot of it. */
      boot: z.string(),
      /** Folder into which files are put for `blobs.keep`, and from which those that it has are fetched. */
      blobs: z.string(),
    }),
  },
  'blobs.missing': {
    params: z.object({ hashes: z.array(sha256) }),
    result: z.object({ missing: z.array(sha256) }),
  },
  'blobs.keep': {
    params: z.object({
      sha256,
      /** Absolute, below `blobs` of `hello`; gone afterwards. */
      file: z.string(),
    }),
    result: nothing,
  },
  'job.start': {
    params: z.object({ job: jobSchema, placement: placementSchema }),
    result: z.object({ state: z.enum(['started', 'already']) }),
  },
  'job.follow': {
    params: z.object({ ...reference, offset: z.int().min(0) }),
    result: z.object({ outcome: jobOutcomeSchema }),
  },
  'job.stop': { params: z.object(reference), result: nothing },
  'job.remove': { params: z.object(reference), result: nothing },
  'boards.status': {
    params: z.object({ boards: z.array(boardSchema) }),
    result: z.object({ boards: z.array(boardStatusSchema) }),
  },
  'lease.list': { params: nothing, result: z.object({ leases: z.array(leaseStateSchema) }) },
  'lease.release': {
    params: z.object({ mac: z.string(), force: z.boolean().default(false) }),
    result: releasedSchema,
  },
  /** Ends a request of this connection, such as `job.follow`, which then answers with the error `cancelled`. */
  cancel: { params: z.object({ request: z.int() }), result: nothing },
} as const;

export type HostMethod = keyof typeof METHODS;
export type HostParams<M extends HostMethod> = z.input<(typeof METHODS)[M]['params']>;
export type HostResult<M extends HostMethod> = z.output<(typeof METHODS)[M]['result']>;
/** Params as the server gets them, with their defaults. */
export type CheckedParams<M extends HostMethod> = z.output<(typeof METHODS)[M]['params']>;

export const requestSchema = z.object({
  id: z.int(),
  method: z.string(),
  params: z.unknown(),
});
export type HostRequest = z.output<typeof requestSchema>;

const errorSchema = z.object({
  code: z.string(),
  class: z.enum(['product-fail', 'infra-fail', 'config-error', 'harness-bug', 'inconclusive']),
  message: z.string(),
});
export type HostError = z.output<typeof errorSchema>;

/** What a server says; `line` as often as there is one, then one of the others. */
export const answerSchema = z.union([
  z.object({ id: z.int(), error: errorSchema }),
  z.object({ id: z.int(), line: jobLineSchema, next: z.int() }),
  z.object({ id: z.int(), result: z.unknown() }),
]);
export type HostAnswer = z.output<typeof answerSchema>;

/** A line longer than this is not ours. */
export const LONGEST_LINE_BYTES = 16 * 1024 * 1024;
