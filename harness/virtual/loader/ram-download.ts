import { wordsOf } from './protocol.js';

/** Internal RAM that a download may go to: data, then instruction addresses (ESP32 technical reference, memory map). */
const ramRanges: readonly (readonly [number, number])[] = [
  [0x3ffae000, 0x40000000],
  [0x40070000, 0x400c2000],
];

/** What every flasher stub says first; its code holds the letters as one 32-bit constant. */
export const stubGreeting: Uint8Array = Uint8Array.from('OHAI', (letter) => letter.charCodeAt(0));

export type EntryPoint = 'stub' | 'foreign' | 'nothing';

/** What a host loads into RAM: kept word by word, and known by what it is when it is started. */
export class RamDownload {
  readonly #write: (address: number, word: number) => void;
  readonly #loaded: { readonly start: number; readonly end: number }[] = [];
  #open: { readonly start: number; readonly end: number; at: number } | undefined;
  #sawGreeting = false;

  /** `write` stores a word, so that reading memory shows it. */
  constructor(write: (address: number, word: number) => void) {
    this.#write = write;
  }

  /** False when this is no RAM. */
  begin(address: number, bytes: number): boolean {
    const end = address + bytes;
    if (!ramRanges.some(([low, high]) => address >= low && end <= high)) return false;
    this.#open = { start: address, end, at: address };
    return true;
  }

  /** `closed` without `begin`; `full` past its end. */
  append(payload: Uint8Array): 'stored' | 'closed' | 'full' {
    const open = this.#open;
    if (!open) return 'closed';
    if (open.at + payload.length > open.end) return 'full';
    wordsOf(payload).forEach((word, index) => {
      this.#write(open.at + index * 4, word);
    });
    this.#sawGreeting ||= Buffer.from(payload).includes(Buffer.from(stubGreeting));
    open.at += payload.length;
    if (open.at === open.end) {
      this.#loaded.push({ start: open.start, end: open.end });
      this.#open = undefined;
    }
    return 'stored';
  }

  /** Whether something is missing from what was begun. */
  get incomplete(): boolean {
    return this.#open !== undefined;
  }

  /** What a jump to `entry` starts. We cannot run Xtensa code: a stub is known by its greeting. */
  startedAt(entry: number): EntryPoint {
    if (!this.#loaded.some(({ start, end }) => entry >= start && entry < end)) return 'nothing';
    return this.#sawGreeting ? 'stub' : 'foreign';
  }
}
