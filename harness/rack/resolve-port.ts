import { existsSync } from 'node:fs';
import { listUsbPorts, type UsbPort } from '../link/usb-ports.js';
import type { RackBoard } from './rack-schema.js';

export type UsbRackBoard = Extract<RackBoard, { readonly link: 'usb' }>;

export interface PortFacts {
  exists(path: string): boolean;
  list(): Promise<readonly UsbPort[]>;
}

const system: PortFacts = {
  // A Windows port is no file that could be seen.
  exists: (path) => process.platform !== 'win32' && existsSync(path),
  list: () => listUsbPorts().catch(() => []),
};

/**
 * Where the board's serial port is now: where the rack says, or, when there is no such port any more, wherever its
 * adapter's place on the USB tree is called by now. The MAC, read before the first byte is flashed, has the last word.
 */
export async function resolvePort(
  { port, usb_path: usbPath }: Pick<UsbRackBoard, 'port' | 'usb_path'>,
  { exists, list }: PortFacts = system,
): Promise<string> {
  if (usbPath === undefined || exists(port)) return port;
  const ports = await list();
  if (ports.some(({ path }) => path === port)) return port;
  return ports.find(({ usbPaths }) => usbPaths.includes(usbPath))?.path ?? port;
}
