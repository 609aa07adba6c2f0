/** What the chip said of itself before anything was written. */
export interface FlashedChip {
  /** Six lower-case hex pairs. */
  readonly mac: string;
  /** As esptool names it: `ESP32`. */
  readonly chip: string;
  /** major * 100 + minor. */
  readonly revision: number;
  readonly flashBytes: number;
}

export interface FlashedRegion {
  readonly offset: number;
  readonly bytes: number;
  /** The flash held these bytes already, by MD5, so they were not written again. */
  readonly skipped: boolean;
}

/** Every region was verified by MD5, the skipped ones before, the written ones after. */
export interface FlashResult extends FlashedChip {
  readonly regions: readonly FlashedRegion[];
  readonly writtenBytes: number;
  readonly skippedBytes: number;
  /** The rate that was used in the end; lower than asked for when the link did not stand it. */
  readonly baudRate: number;
  readonly elapsedMs: number;
}

/** Counts uncompressed bytes, skipped ones included, over all regions. */
export interface FlashProgress {
  readonly offset: number;
  readonly doneBytes: number;
  readonly totalBytes: number;
}
