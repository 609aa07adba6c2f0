import { availableParallelism } from 'node:os';

/** Lets so many at a time do something that keeps a core busy; the others wait in line. */
export class Turns {
  #free: number;
  readonly #line: (() => void)[] = [];

  constructor(atOnce: number) {
    this.#free = atOnce;
  }

  async take<T>(work: () => Promise<T>): Promise<T> {
    if (this.#free > 0) this.#free -= 1;
    else await new Promise<void>((resolve) => this.#line.push(resolve));
    try {
      return await work();
    } finally {
      const next = this.#line.shift();
      if (next === undefined) this.#free += 1;
      else next();
    }
  }
}

/** Threads of boards start one per core: all at once, none would be there in the time that a flasher gives a board to answer. */
export const startTurns = new Turns(availableParallelism());
