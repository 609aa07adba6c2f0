import type { CounterBlock } from './board-counters.js';
import { Card, type CardRequest, cardErrors } from './card.js';
import type { CardFault } from './card-faults.js';
import type { CardPower } from './card-power.js';
import type { VirtualClock } from './clock.js';
import { type CostSettings, cardReadUs, cardWriteUs } from './cost-model.js';
import type { CostTable } from './cost-table.js';
import type { Region } from './memory-map.js';

export interface CardSlotDeps {
  readonly table: CostTable;
  readonly settings: CostSettings;
  readonly clock: VirtualClock;
  readonly counters: CounterBlock;
  /** The folder that is in the slot when somebody mounts; absent: none. */
  folder(): string | undefined;
  /** Absent: locked, as a card that others use as well must be. */
  readonly cardPower?: CardPower | undefined;
  readonly cardBytes?: number | undefined;
  readonly cardFaults?: readonly CardFault[] | undefined;
}

export interface CardRead {
  readonly handle: number;
  readonly offset: number;
  readonly bytes: number;
  /** Where the bytes go, looked up when they arrive: memory may have grown since. */
  target(): Uint8Array;
  readonly destination: Region;
}

interface PendingRead {
  readonly request: CardRequest;
  readonly readyUs: number;
  target(): Uint8Array;
}

/** The card slot of one life of an app, with the card's own clock: a read runs beside the cores until it is waited for. */
export class CardSlot {
  readonly #deps: CardSlotDeps;
  #card: Card | undefined;
  #pending: PendingRead | undefined;

  constructor(deps: CardSlotDeps) {
    this.#deps = deps;
  }

  /** 0, or `noCard`. Mounting again looks at the slot again; handles of the card before are gone. */
  mount(): number {
    const { cardBytes: bytes, cardFaults: faults, clock, counters, table } = this.#deps;
    this.eject();
    clock.advance(table.card.mountUs.value);
    const folder = this.#deps.folder();
    this.#card = folder === undefined ? undefined : Card.insert(folder, counters, { bytes, faults });
    return this.#card === undefined ? cardErrors.noCard : 0;
  }

  /** @throws RangeError when no card is mounted */
  open(path: string): number {
    this.#deps.clock.advance(this.#deps.table.card.openUs.value);
    return this.#mounted().open(path);
  }

  /** @throws RangeError when no card is mounted, or the handle is not open */
  size(handle: number): number {
    const bytes = this.#mounted().size(handle);
    if (bytes === undefined) throw new RangeError('no file is open under this handle');
    return bytes;
  }

  /** Starts a read on the card's own clock: 0, `readError` or `pastEnd`. @throws RangeError while another one runs */
  begin(read: CardRead): number {
    if (this.#pending !== undefined) throw new RangeError('the read before was not waited for');
    const { clock, counters, settings, table } = this.#deps;
    const request = this.#mounted().request(read.handle, read.offset, read.bytes);
    if (typeof request === 'number') return request;
    const costUs = cardReadUs(table, settings, { ...request, destination: read.destination });
    counters.add('cardUs', costUs);
    this.#pending = { request, readyUs: clock.totalUs + costUs, target: read.target };
    return 0;
  }

  /** Joins the card's clock; only now are the bytes there. 0 or `readError`. @throws RangeError when no read runs */
  wait(): number {
    const pending = this.#pending;
    if (pending === undefined) throw new RangeError('no read was begun');
    this.#pending = undefined;
    this.#deps.clock.advanceTo(pending.readyUs);
    return this.#mounted().transfer(pending.request, pending.target()) ? 0 : cardErrors.readError;
  }

  /** A file for writing, exactly so long: a handle or an error of ABI.md. Closing it syncs it. */
  create(path: string, bytes: number): number {
    return this.#change(this.#deps.table.card.openUs.value, (card) => card.create(path, bytes));
  }

  /** 0, `pastEnd` or `readError`. */
  write(handle: number, offset: number, data: Uint8Array): number {
    const { settings, table } = this.#deps;
    const shape = this.#mounted().writeShape(handle, offset, data.length);
    if (shape === undefined) return cardErrors.pastEnd;
    const costUs = cardWriteUs(table, settings, { bytes: data.length, ...shape });
    return this.#change(costUs, (card) => (card.write(handle, offset, data) ? 0 : cardErrors.readError));
  }

  sync(handle: number): number {
    const costUs = this.#deps.table.card.seekUs.value;
    return this.#change(costUs, (card) => (card.sync(handle) ? 0 : cardErrors.readError));
  }

  rename(from: string, to: string): number {
    return this.#change(this.#deps.table.card.openUs.value, ({ tree }) => tree.rename(from, to));
  }

  remove(path: string): number {
    return this.#change(this.#deps.table.card.openUs.value, ({ tree }) => tree.remove(path));
  }

  makeFolder(path: string): number {
    return this.#change(this.#deps.table.card.openUs.value, ({ tree }) => tree.makeFolder(path));
  }

  /** The entry's name, and its size or an error of ABI.md. */
  entry(folder: string, index: number): { readonly name: string; readonly said: number } {
    this.#deps.clock.advance(this.#deps.table.card.seekUs.value);
    return this.#mounted().tree.entry(folder, index);
  }

  space(what: number): number {
    return this.#card === undefined ? cardErrors.noCard : this.#card.tree.space(what);
  }

  fragments(path: string): number {
    return this.#mounted().tree.fragments(path);
  }

  close(handle: number): void {
    this.#card?.close(handle);
  }

  /** Lets go of the host's files. */
  eject(): void {
    this.#card?.eject();
    this.#card = undefined;
    this.#pending = undefined;
  }

  /** @throws PowerOff at the change that the power does not last for */
  #change(costUs: number, make: (card: Card) => number): number {
    const card = this.#mounted();
    const { clock, cardPower: power } = this.#deps;
    if (power === undefined) return cardErrors.readOnly;
    clock.advance(costUs);
    return power.spend(
      () => make(card),
      (random) => card.losePower(random),
    );
  }

  #mounted(): Card {
    if (this.#card === undefined) throw new RangeError('no card is mounted');
    return this.#card;
  }
}
