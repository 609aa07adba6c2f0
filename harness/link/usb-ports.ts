import { realpathSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { usbBinding } from './usb.js';

/** A serial port that the system lists. */
export interface UsbPort {
  /** Such as /dev/ttyUSB0 or COM4. */
  readonly path: string;
  /** Four lower-case hex digits, of a USB adapter. */
  readonly vendorId?: string;
  readonly productId?: string;
  /** Where its adapter is plugged in: Linux's names in /dev/serial/by-path, else what the system calls its location. */
  readonly usbPaths: readonly string[];
}

/** What the system says of one port. */
export interface ListedPort {
  readonly path: string;
  readonly vendorId?: string | undefined;
  readonly productId?: string | undefined;
  readonly locationId?: string | undefined;
  readonly pnpId?: string | undefined;
}

const BY_PATH = '/dev/serial/by-path';

/** Every serial port of this machine. @throws Error where the system cannot list them (Linux without udevadm) */
export async function listUsbPorts(): Promise<UsbPort[]> {
  const listed = await (await usbBinding()).list();
  return describePorts(listed, await portNames(BY_PATH));
}

/** `names`: the names that a port has by where it is plugged in, by its path. */
export function describePorts(
  listed: readonly ListedPort[],
  names: ReadonlyMap<string, readonly string[]>,
): UsbPort[] {
  return listed.map(({ path, vendorId, productId, locationId, pnpId }) => ({
    path,
    ...(vendorId === undefined ? {} : { vendorId: vendorId.toLowerCase() }),
    ...(productId === undefined ? {} : { productId: productId.toLowerCase() }),
    usbPaths: names.get(path) ?? [locationId ?? (names.size === 0 ? pnpId : undefined)].flatMap(given),
  }));
}

function given(name: string | undefined): string[] {
  return name === undefined || name === '' ? [] : [name];
}

/** The links of a folder such as /dev/serial/by-path, by what they point to; none where there is no such folder. */
export async function portNames(folder: string): Promise<Map<string, string[]>> {
  const names = new Map<string, string[]>();
  for (const name of (await readdir(folder).catch(() => [])).sort()) {
    const path = realpathSync(join(folder, name));
    names.set(path, [...(names.get(path) ?? []), name]);
  }
  return names;
}
