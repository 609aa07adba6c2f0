import { z } from 'zod';
import { boardSchema } from '../../rack/rack-schema.js';
import { failureSchema } from '../../results/attempt.js';
import { givenLabelsSchema } from '../../results/labels.js';

const sha256 = z.string().regex(/^[0-9a-f]{64}$/, 'a SHA-256 in hex');

/** Names a job for ever and everywhere: a folder's name, a queue's key. */
export const jobIdSchema = z
  .string()
  .regex(/^[a-z0-9][a-z0-9._-]{0,150}$/, 'a job id is a plain lower-case name');

/** What boards a job can run on. Jobs with equal requirements are one class. */
export const requirementsSchema = z.strictObject({
  /** What each board must have, as `labelsOf` says it; sorted, none twice. */
  labels: z.array(z.string()).default([]),
  /** This one board only, by MAC. */
  mac: z.string().optional(),
  /** None of these, by MAC: the job failed on them. Sorted; absent: none. */
  notOn: z.array(z.string()).optional(),
  /** How many boards at once, all of one machine. */
  count: z.int().min(1).default(1),
});
export type Requirements = z.output<typeof requirementsSchema>;

/** Stands for a file where the scenario is the one that the overrides make (`tokenrack run --model ...`). */
export const AD_HOC = 'ad-hoc';

/** One scenario to be run once, as it is sent to whoever has the board. Everything it needs is in its tree. */
export const jobSchema = z.strictObject({
  job: z.literal(1),
  id: jobIdSchema,
  /** The version that made it: no other version runs it. */
  tokenrack: z.string(),
  /** Hash of the tree (harness/farm/blobs) that becomes its working folder. */
  tree: sha256,
  /** Scenario file, relative to the tree, or `AD_HOC`; and which of its scenarios. */
  file: z.string(),
  title: z.string(),
  /** As `Overrides` of harness/scenario: paths in it are relative to the tree. */
  overrides: z.record(z.string(), z.unknown()).default({}),
  labels: givenLabelsSchema.optional(),
  requires: requirementsSchema,
  /** Further attempts on the same board after an infra-fail. */
  retries: z.int().min(0).default(0),
  /** From history. */
  expectedMs: z.number().optional(),
  /** Time to live of its leases; default 30,000. */
  leaseTtlMs: z.int().optional(),
});
export type Job = z.output<typeof jobSchema>;

/** Where it runs: boards of the machine that runs it. Try 1 is the first; a job is tried again only after its machine was lost. */
export const placementSchema = z.strictObject({
  try: z.int().min(1),
  boards: z.array(boardSchema).min(1),
  /** How long it stands in line for boards that others have; absent: not at all. */
  waitMs: z.number().min(0).optional(),
  /** What the cost tables of virtual boards say, by MAC; paths are of this machine alone. */
  costTables: z.record(z.string(), z.string()).optional(),
});
export type Placement = z.output<typeof placementSchema>;

/** What a job came to: exactly one for each try of it that was not lost. */
export const jobOutcomeSchema = z.object({
  job: jobIdSchema,
  try: z.int(),
  verdict: z.enum(['pass', 'product-fail', 'infra-fail', 'config-error', 'harness-bug', 'inconclusive']),
  failures: z.array(failureSchema),
  /** The machine that ran it. */
  machine: z.string(),
  startedAt: z.string(),
  endedAt: z.string(),
  boards: z.array(z.object({ id: z.string(), mac: z.string(), fence: z.int().optional() })),
  /** The run folder's name and the tree of its files; absent when it did not come to a plan. */
  run: z.object({ id: z.string(), tree: sha256 }).optional(),
});
export type JobOutcome = z.output<typeof jobOutcomeSchema>;
