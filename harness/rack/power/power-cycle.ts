import { setTimeout as pause } from 'node:timers/promises';
import type { PowerSwitch, SwitchOptions } from './power-switch.js';

/** Until an ESP32-CAM's capacitors, which its USB adapter's lines feed as well, are empty. */
export const OFF_MS = 2000;

/** Off, a pause, on. It is switched on again whatever happens meanwhile, an abort included. */
export async function powerCycle(
  power: PowerSwitch,
  { offMs = OFF_MS, ...options }: SwitchOptions & { readonly offMs?: number } = {},
): Promise<void> {
  const { signal } = options;
  try {
    await power.off(options);
    await pause(offMs, undefined, signal === undefined ? {} : { signal });
  } finally {
    // Not by the signal: it may be what ended the pause, and the board shall not stay without power.
    const { signal: _, ...unsignalled } = options;
    await power.on(unsignalled);
  }
}
