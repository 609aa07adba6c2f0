import { PowerOff } from './chip-signals.js';

/** When a card's power goes: in the middle of the change with this number, from 1. `seed` chooses what is left of it. */
export interface CardCut {
  readonly afterChanges: number;
  readonly seed: number;
}

/** Counts the changes of a card (creates, writes, syncs, renames, removes, folders), and cuts the power at one of them. */
export class CardPower {
  readonly #cut: CardCut | undefined;
  readonly #random: () => number;
  #changes = 0;

  constructor(cut: CardCut | undefined) {
    this.#cut = cut;
    this.#random = randomOf(cut?.seed ?? 0);
  }

  /**
   * Makes one change, `change`, or loses power at it: then the change has happened or not, and `lose` says what the
   * card forgets.
   * @throws PowerOff
   */
  spend<T>(change: () => T, lose: (random: () => number) => void): T {
    this.#changes += 1;
    if (this.#changes !== this.#cut?.afterChanges) return change();
    if (this.#random() < 0.5) change();
    lose(this.#random);
    throw new PowerOff();
  }
}

/** Uniform in 0 .. 1; the same sequence for the same seed (xorshift32). */
function randomOf(seed: number): () => number {
  let state = Math.imul(seed + 1, 0x9e3779b1) || 1;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 0x1_0000_0000;
  };
}
