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
  /** Of `bytes`, what was sent: only the parts that were missing. Over all attempts. */
  readonly writtenBytes: number;
}

/** What went over the wire while regions were written, over all attempts; absent when nothing was. */
export interface WireUse {
  /** Uncompressed bytes that were written. */
  readonly payloadBytes: number;
  /** What the host sent for them: deflated, with headers and framing. */
  readonly sentBytes: number;
  /** Of the host's time, or the modelled time of a virtual link, by the timers that were given. */
  readonly elapsedMs: number;
  /** Bytes a second that the wire carries at most: a tenth of the rate (8N1); with several rates, their mean over time. */
  readonly limitBytesPerSecond: number;
  /** Payload bytes a second, over the limit; more than 1 when deflating wins more than the flash chip costs. */
  readonly efficiency: number;
}

/** Every region was verified by MD5, the skipped ones before, the written ones after. */
export interface FlashResult extends FlashedChip {
  readonly regions: readonly FlashedRegion[];
  readonly writtenBytes: number;
  readonly skippedBytes: number;
  /** The rate that was used in the end; lower than asked for when the link did not stand it. */
  readonly baudRate: number;
  /** How often it was begun again, at a lower rate as long as there is one. */
  readonly retries: number;
  readonly wire?: WireUse;
  readonly elapsedMs: number;
}

/** Counts uncompressed bytes, skipped ones included, over all regions. */
export interface FlashProgress {
  readonly offset: number;
  readonly doneBytes: number;
  readonly totalBytes: number;
}
