/** Most results that are kept: models and references of a night's scenarios. */
const defaultEntries = 16;

/**
 * Results that runs of one process have in common: whoever makes many runs gives all of them one of these. A result is found by a key
 * that says everything it depends on, by content; it is made once, even when many ask at the same time, and is nobody's to change. Of more
 * than `entries` the one that was asked for longest ago is forgotten.
 */
export class SharedWork {
  readonly #entries: number;
  readonly #results = new Map<string, Promise<unknown>>();

  constructor(entries: number = defaultEntries) {
    this.#entries = entries;
  }

  /** When whoever is making it fails, or is interrupted, who waited for it makes it itself. */
  async get<T>(key: string, make: () => Promise<T>): Promise<T> {
    for (;;) {
      const known = this.#results.get(key) as Promise<T> | undefined;
      if (known === undefined) return this.#make(key, make);
      this.#keep(key, known);
      const result = await known.then(
        (value) => ({ value }),
        () => undefined,
      );
      if (result !== undefined) return result.value;
    }
  }

  async #make<T>(key: string, make: () => Promise<T>): Promise<T> {
    const result = make();
    this.#keep(key, result);
    try {
      return await result;
    } catch (error) {
      if (this.#results.get(key) === result) this.#results.delete(key);
      throw error;
    }
  }

  /** The last in the map is the one that was asked for last. */
  #keep(key: string, result: Promise<unknown>): void {
    this.#results.delete(key);
    this.#results.set(key, result);
    for (const oldest of this.#results.keys()) {
      if (this.#results.size <= this.#entries) return;
      this.#results.delete(oldest);
    }
  }
}
