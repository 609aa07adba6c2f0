import type { Machine, ProcessMark } from '../machine.js';

/** A machine whose clock stands still, whose processes die and which reboots as the test says. */
export class FakeMachine implements Machine {
  boot = 'boot-1';
  us = 1_000_000_000;
  readonly self: ProcessMark;
  private static nextPid = 100;

  constructor(
    readonly user = 'anna@lab',
    /** Shared by the processes of one machine. */
    private readonly dead: Set<number> = new Set(),
  ) {
    this.self = { pid: FakeMachine.nextPid++, start: '1', space: 'lab' };
  }

  nowUs(): number {
    return this.us;
  }

  isGone(mark: ProcessMark): boolean {
    return this.dead.has(mark.pid);
  }

  /** Another process on it. */
  process(user = this.user): FakeMachine {
    const other = new FakeMachine(user, this.dead);
    Object.assign(other, { boot: this.boot, us: this.us });
    return other;
  }

  die(): void {
    this.dead.add(this.self.pid);
  }
}
