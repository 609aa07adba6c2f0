/** What makes one virtual ESP32-CAM itself: the facts a flasher reads from the chip, not from us. */
export interface ChipIdentity {
  /** Base MAC, `24:6f:28:00:00:01`: six lower-case hex pairs. */
  readonly mac: string;
  /** Chip revision as ESP-IDF counts it: major * 100 + minor. The ESP32 has 0, 100, 101, 200, 300 and 301. */
  readonly revision: number;
  readonly flashBytes: number;
  /** External PSRAM; 0 when the module has none. */
  readonly psramBytes: number;
  readonly crystalMhz: 26 | 40;
}

/** An AI-Thinker ESP32-CAM as sold today: revision 3.1, 4 MB of flash, 4 MB of PSRAM mapped, 40 MHz crystal. */
export function esp32Cam(mac: string): ChipIdentity {
  return { mac, revision: 301, flashBytes: 4 << 20, psramBytes: 4 << 20, crystalMhz: 40 };
}

/** The MAC's six bytes, most significant first. Throws a RangeError when `mac` is not six hex pairs. */
export function macBytes(mac: string): Uint8Array {
  if (!/^[0-9a-f]{2}(:[0-9a-f]{2}){5}$/.test(mac)) {
    throw new RangeError(`MAC "${mac}" is not six lower-case hex pairs separated by colons`);
  }
  return Uint8Array.from(mac.split(':'), (pair) => Number.parseInt(pair, 16));
}
