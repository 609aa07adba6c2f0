import { randomUUID } from 'node:crypto';
import { linkSync, rmSync } from 'node:fs';
import type { Machine, ProcessMark } from './machine.js';
import { textOf, writeDraft } from './shared-files.js';

/** Nobody needs it for more than milliseconds: whoever has it for longer was stopped in it. */
const STUCK_US = 10_000_000;

/** Who has the lock, or had. */
interface Claim {
  readonly id: string;
  readonly process: ProcessMark;
  readonly boot: string;
  readonly takenUs: number;
}

/** A file that a power cut left empty, or that somebody wrote by hand. */
const DAMAGED = 'damaged';

/**
 * A lock between processes, held for one change of a file. The file `base` names its holder. Of a holder that died the next
 * one is the successor: it puts its own claim at `base.ID`, ID being the dead claim's, which only one can do. A chain of dead
 * holders ends at the one that lives; letting go removes `base` first, and with it the chain.
 */
export class Mutex {
  private sealed = false;

  private constructor(
    private readonly base: string,
    private readonly chain: string[],
    private readonly claim: Claim,
    private readonly machine: Machine,
  ) {}

  /** Does not wait: undefined when somebody else has it. */
  static take(base: string, machine: Machine): Mutex | undefined {
    const claim = claimOf(machine);
    const chain = [base];
    let first: string | undefined;
    for (;;) {
      const path = chain.at(-1)!;
      if (place(path, claim)) {
        // Between our look at the dead holder and our claim another successor may have come and gone.
        if (chain.length === 1 || readClaim(base)?.id === first)
          return new Mutex(base, chain, claim, machine);
        rmSync(path, { force: true });
        return undefined;
      }
      const found = readClaim(path);
      if (found === undefined || !isLeft(found, machine)) return undefined;
      first ??= found.id;
      const next = `${base}.${found.id}`;
      if (chain.includes(next)) return undefined;
      chain.push(next);
    }
  }

  /**
   * Before the change itself is made: from here on it cannot be taken over, unless this process is stopped once more, for as
   * long, between this and the next system call. False: it was taken over, and nothing may be changed.
   */
  seal(): boolean {
    if (this.sealed) return true;
    const path = `${this.base}.${this.claim.id}`;
    this.sealed = place(path, claimOf(this.machine));
    if (this.sealed) this.chain.push(path);
    return this.sealed;
  }

  release(): void {
    if (!this.seal()) return;
    for (const path of this.chain) rmSync(path, { force: true });
  }
}

function claimOf(machine: Machine): Claim {
  return { id: randomUUID(), process: machine.self, boot: machine.boot, takenUs: machine.nowUs() };
}

/** Puts the claim there with its content, in one step; false when there is one. */
function place(path: string, claim: Claim): boolean {
  const draft = writeDraft(path, JSON.stringify(claim));
  try {
    linkSync(draft, path);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  } finally {
    rmSync(draft, { force: true });
  }
}

function readClaim(path: string): (Partial<Claim> & { readonly id: string }) | undefined {
  const text = textOf(path);
  if (text === undefined) return undefined;
  try {
    const claim = JSON.parse(text) as Claim;
    if (typeof claim.id === 'string' && typeof claim.process.pid === 'number') return claim;
  } catch {
    // As below.
  }
  return { id: DAMAGED };
}

function isLeft({ process, boot, takenUs }: Partial<Claim>, machine: Machine): boolean {
  if (process === undefined || boot !== machine.boot || machine.isGone(process)) return true;
  const heldUs = machine.nowUs() - (takenUs ?? 0);
  return heldUs > STUCK_US || heldUs < 0;
}
