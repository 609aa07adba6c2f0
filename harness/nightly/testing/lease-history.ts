import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Attempt, attemptSchema } from '../../results/attempt.js';
import { planSchema } from '../../results/plan.js';

/** An attempt's hold on a board. */
export interface Held {
  readonly mac: string;
  readonly run: string;
  readonly lease: NonNullable<Attempt['lease']>;
}

/** Of all attempts in the run folders of a night, or of several: what proves that no board was held twice. */
export async function leasesIn(nights: readonly string[]): Promise<Held[]> {
  const held: Held[] = [];
  for (const night of nights) {
    const names = await readdir(join(night, 'runs')).catch(() => [] as string[]);
    // Those with a dot are halves of runs, which a killed controller was just fetching.
    for (const run of names.filter((name) => !name.startsWith('.'))) {
      held.push(...(await leasesOf(join(night, 'runs', run))));
    }
  }
  return held;
}

async function leasesOf(run: string): Promise<Held[]> {
  const names = await readdir(run, { recursive: true });
  const attempts = names.filter((name) => name.endsWith('attempt.json'));
  if (attempts.length === 0) return [];
  const plan = planSchema.parse(JSON.parse(await readFile(join(run, 'plan.json'), 'utf8')));
  const held: Held[] = [];
  for (const name of attempts) {
    const { board, lease } = attemptSchema.parse(JSON.parse(await readFile(join(run, name), 'utf8')));
    const mac = plan.boards.find(({ id }) => id === board)!.mac;
    if (lease !== undefined) held.push({ mac, run, lease });
  }
  return held;
}

/** What is wrong with the holds of each board; nothing when fences only grow, and none begins before the last one has ended. */
export function overlaps(held: readonly Held[]): string[] {
  const faults: string[] = [];
  for (const mac of new Set(held.map((one) => one.mac))) {
    const own = held.filter((one) => one.mac === mac).sort((a, b) => a.lease.acquiredUs - b.lease.acquiredUs);
    own.slice(1).forEach((later, index) => {
      const { run, lease } = own[index]!;
      if (lease.endedUs !== undefined && later.lease.acquiredUs < lease.endedUs)
        faults.push(
          `${mac}: ${later.run} began ${lease.endedUs - later.lease.acquiredUs} us before the end of ${run}`,
        );
      if (later.lease.fence <= lease.fence)
        faults.push(`${mac}: fence ${later.lease.fence} of ${later.run} after ${lease.fence} of ${run}`);
    });
  }
  return faults;
}
