/** Internal RAM that a download may go to: data, then instruction addresses (ESP32 technical reference, memory map). */
const ramRanges: readonly (readonly [number, number])[] = [
  [0x3ffae000, 0x40000000],
  [0x40070000, 0x400c2000],
];

/** What a host has loaded into RAM, and where: enough to tell whether a jump into it can work. */
export class RamDownload {
  readonly #loaded: { readonly start: number; readonly end: number }[] = [];
  #open: { readonly start: number; readonly end: number; at: number } | undefined;

  /** False when this is no RAM. */
  begin(address: number, bytes: number): boolean {
    const end = address + bytes;
    if (!ramRanges.some(([low, high]) => address >= low && end <= high)) return false;
    this.#open = { start: address, end, at: address };
    return true;
  }

  /** False without `begin`, or past its end. */
  append(bytes: number): boolean {
    const open = this.#open;
    if (!open || open.at + bytes > open.end) return false;
    open.at += bytes;
    if (open.at === open.end) {
      this.#loaded.push({ start: open.start, end: open.end });
      this.#open = undefined;
    }
    return true;
  }

  /** Whether code was loaded, whole, where `entry` points to. */
  covers(entry: number): boolean {
    return this.#loaded.some(({ start, end }) => entry >= start && entry < end);
  }
}
