/** The host adapter's modem lines; `true` is asserted, which is electrically low. */
export interface ModemLines {
  readonly dtr: boolean;
  readonly rts: boolean;
}

export type BootMode = 'flash' | 'download';

/** `held`: EN went low, everything stops; otherwise EN rose and the chip starts in that mode. */
export type PinEvent = 'none' | 'held' | BootMode;

/**
 * EN and IO0 as the ESP32-CAM-MB wires them: RTS asserted holds EN low, DTR asserted pulls IO0 low, each by itself.
 * IO0 is sampled when EN rises; low selects the serial loader. Both lines change at once, so releasing both boots
 * from flash.
 */
export class ResetPins {
  #lines: ModemLines;

  constructor(lines: ModemLines) {
    this.#lines = lines;
  }

  get held(): boolean {
    return this.#lines.rts;
  }

  /** The mode that the chip starts in if EN rose now. */
  get bootMode(): BootMode {
    return this.#lines.dtr ? 'download' : 'flash';
  }

  apply(lines: ModemLines): PinEvent {
    const before = this.#lines;
    this.#lines = lines;
    if (lines.rts) return before.rts ? 'none' : 'held';
    return before.rts ? this.bootMode : 'none';
  }
}
