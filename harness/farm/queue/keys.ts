/** Names of everything that tokenrack keeps in Redis. What belongs to one version has the version in its name. */
export interface QueueKeys {
  /** What BullMQ puts before a queue's name: `tokenrack:VERSION`. Its queues may have no colon in their own name. */
  readonly prefix: string;
  /** Hash: class -> its requirements as canonical JSON. */
  readonly classes: string;
  /** Hash: what BullMQ keeps of a job. */
  job(className: string, bullId: string): string;
  /** Counter: how often a job was taken. */
  tries(job: string): string;
  /** Stream: a job's events, for a live view. */
  events(job: string): string;
}

export function queueKeys(version: string): QueueKeys {
  const prefix = `tokenrack:${version}`;
  return {
    prefix,
    classes: `${prefix}:classes`,
    job: (className, bullId) => `${prefix}:${className}:${bullId}`,
    tries: (job) => `${prefix}:tries:${job}`,
    events: (job) => `${prefix}:live:${job}`,
  };
}

/** Set: ids of the workers, of every version. */
export const WORKERS_KEY = 'tokenrack:workers';

/** One worker's own description; expires with its heartbeat. */
export function workerKey(id: string): string {
  return `tokenrack:worker:${id}`;
}

/** BullMQ refuses ids that are whole numbers; ours may be. */
export function bullJobId(job: string): string {
  return `job-${job}`;
}

export function jobOfBullId(id: string): string {
  return id.slice('job-'.length);
}
