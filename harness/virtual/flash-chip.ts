/** Skeleton: the signatures others build on. Filled in by the next commit. */
export class FlashChip {
  readonly bytes: number;

  constructor(bytes: number = 4 << 20) {
    this.bytes = bytes;
  }
}
