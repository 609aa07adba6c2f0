import type { PowerCut } from './power-supply.js';
import type { ModemLines } from './reset-pins.js';

/** What the host does to a board. The board takes them in this order, at its next import call or at once if it waits. */
export type HostMessage =
  | { readonly kind: 'bytes'; readonly bytes: Uint8Array; readonly baudRate: number }
  | { readonly kind: 'lines'; readonly lines: ModemLines; readonly sequence: number }
  | { readonly kind: 'card'; readonly folder: string | undefined }
  /** The power goes, at once or at that point, and comes back with the other message. */
  | { readonly kind: 'cut-power'; readonly at: PowerCut | undefined }
  | { readonly kind: 'restore-power' }
  | { readonly kind: 'power-off' };

export interface FlashSector {
  readonly offset: number;
  readonly data: Uint8Array;
}

/** What a board tells the host. */
export type BoardMessage =
  /** The thread has loaded its code and its flash: from here on it takes messages. */
  | { readonly kind: 'running' }
  /** The thread is there; the chip starts with the first message from the host. */
  | { readonly kind: 'standby' }
  /** Left the board at `baudRate`; the last stop bit ended at `endUs` of the board's time. */
  | { readonly kind: 'bytes'; readonly bytes: Uint8Array; readonly endUs: number; readonly baudRate: number }
  /** The `lines` message of that sequence number holds the chip in reset: it cannot hang any more. */
  | { readonly kind: 'held'; readonly sequence: number }
  /** The power went, or came back. */
  | { readonly kind: 'power'; readonly on: boolean }
  /** The chip is in its loader, until it says what flash holds. */
  | { readonly kind: 'loader' }
  /** What flash holds after a visit to the loader, or after an app that wrote to it. */
  | { readonly kind: 'flash'; readonly sectors: readonly FlashSector[] };
