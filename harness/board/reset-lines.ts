import { InfraError } from '../errors.js';
import { hostTimers, type Timers } from './timers.js';

/** The part of a SerialPortStream that drives reset lines. */
export interface ResetPort {
  set(
    options: { readonly dtr: boolean; readonly rts: boolean },
    callback: (error: Error | null) => void,
  ): void;
}

/**
 * On the ESP32-CAM-MB, RTS asserted holds EN low (in reset) and DTR asserted pulls IO0 low (loader at the next reset);
 * each works only while the other is released. Both are always set: serialport's `set({rts})` raises DTR as well.
 * @throws InfraError `reset-lines` when the port does not take it.
 */
export function setLines(port: ResetPort, dtr: boolean, rts: boolean): Promise<void> {
  return new Promise((resolve, reject) => {
    port.set({ dtr, rts }, (error) => (error ? reject(linesRefused(error)) : resolve()));
  });
}

function linesRefused(cause: Error): InfraError {
  const message = `cannot drive the reset lines (${cause.message}): check cable and adapter, or reset the board by hand`;
  return new InfraError('reset-lines', message, { cause });
}

/** Long enough for EN's capacitor to discharge; Espressif's own tools hold it so long. */
const resetHoldMs = 100;

/** How long IO0 stays low after the reset, for the ROM to read it. */
const strapHoldMs = 50;

/** Puts the board into reset and keeps it there. {@link releaseReset} starts the app. */
export async function holdReset(port: ResetPort, timers: Timers = hostTimers): Promise<void> {
  await setLines(port, false, true);
  await pause(timers, resetHoldMs);
}

export async function releaseReset(port: ResetPort): Promise<void> {
  await setLines(port, false, false);
}

/** Resets the board into its app. */
export async function hardReset(port: ResetPort, timers: Timers = hostTimers): Promise<void> {
  await holdReset(port, timers);
  await releaseReset(port);
}

/** Resets the board into the ROM's serial loader, and leaves both lines released. */
export async function enterLoader(port: ResetPort, timers: Timers = hostTimers): Promise<void> {
  await holdReset(port, timers);
  await setLines(port, true, false);
  await pause(timers, strapHoldMs);
  await setLines(port, false, false);
}

function pause(timers: Timers, delayMs: number): Promise<void> {
  return new Promise((resolve) => {
    timers.after(delayMs, resolve);
  });
}
