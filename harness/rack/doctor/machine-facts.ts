import { execFile } from 'node:child_process';
import { constants, existsSync, readFileSync } from 'node:fs';
import { access, lstat, readdir, readFile, stat, statfs } from 'node:fs/promises';
import { userInfo } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { listUsbPorts, type UsbPort } from '../../link/usb-ports.js';
import type { Rack } from '../rack-file.js';
import { resolvePort } from '../resolve-port.js';
import { adapterOf } from '../scan-candidates.js';
import type { FolderFacts } from './check-environment.js';
import type { ClockFacts, DiskSpace, MachineFolder } from './check-machine.js';
import type { BoardPort, PortAccess, SeenAdapter } from './check-ports.js';

/** What the checks of this machine look at, as the system tells it; Linux tells the most. */

export function userName(): string {
  try {
    return userInfo().username;
  } catch {
    return String(process.getuid?.() ?? 'this user');
  }
}

/** The ports of USB adapters. Where the system cannot list them, those whose names are theirs. */
export async function portAccesses(): Promise<PortAccess[]> {
  const listed = await listUsbPorts().catch(portsByName);
  const paths = listed.filter((port) => adapterOf(port) !== undefined || port.vendorId === undefined);
  return Promise.all(paths.filter(({ path }) => isUsbName(path)).map(({ path }) => accessOf(path)));
}

async function portsByName(): Promise<UsbPort[]> {
  const names = await readdir('/dev').catch(() => []);
  return names.map((name) => ({ path: join('/dev', name), usbPaths: [] }));
}

/** Built-in ports are nobody's board. */
function isUsbName(path: string): boolean {
  return /tty(USB|ACM|WCHUSB)\d+$|^\/dev\/(tty|cu)\.(usb|wch|SLAB)|^COM\d+$/.test(path);
}

async function accessOf(path: string): Promise<PortAccess> {
  // A Windows port is no file: whoever is logged in may use it.
  if (process.platform === 'win32') return { path, permitted: true };
  const permitted = await access(path, constants.R_OK | constants.W_OK).then(
    () => true,
    () => false,
  );
  const group = await stat(path).then(
    ({ gid }) => groupName(gid),
    () => undefined,
  );
  return { path, permitted, ...(group === undefined ? {} : { group }) };
}

function groupName(gid: number): string | undefined {
  const lines = textOf('/etc/group')?.split('\n') ?? [];
  return lines.map((line) => line.split(':')).find(([, , id]) => id === String(gid))?.[0];
}

const USB_DEVICES = '/sys/bus/usb/devices';

/** Adapters on the USB tree, with or without a port; none where there is no /sys. */
export async function seenAdapters(root = USB_DEVICES): Promise<SeenAdapter[]> {
  const devices = (await readdir(root).catch(() => [])).sort();
  const adapters = devices.map((device): SeenAdapter[] => {
    const [vendorId, productId] = ['idVendor', 'idProduct'].map((name) => textOf(join(root, device, name)));
    if (vendorId === undefined || productId === undefined) return [];
    const name = adapterOf({ path: device, vendorId, productId, usbPaths: [] });
    if (name === undefined) return [];
    const interfaces = devices.filter((one) => one.startsWith(`${device}:`));
    return [
      { name, id: `${vendorId}:${productId}`, hasPort: interfaces.some((one) => hasPort(join(root, one))) },
    ];
  });
  return adapters.flat();
}

/** `ttyUSB0` lies in the interface's folder, `ttyACM0` in `tty/` there. */
function hasPort(folder: string): boolean {
  return Array.from({ length: 256 }, (_, n) => n).some(
    (n) => existsSync(join(folder, `ttyUSB${n}`)) || existsSync(join(folder, 'tty', `ttyACM${n}`)),
  );
}

/** Names of the processes that run, as far as /proc tells. */
export async function runningPrograms(): Promise<string[]> {
  const ids = (await readdir('/proc').catch(() => [])).filter((name) => /^\d+$/.test(name));
  return ids.flatMap((id) => textOf(`/proc/${id}/comm`) ?? []);
}

export async function boardPorts({ boards }: Pick<Rack, 'boards'>): Promise<BoardPort[]> {
  const own = boards.filter((board) => board.link === 'usb').filter((board) => board.rack_host === undefined);
  const listed = process.platform === 'win32' ? await listUsbPorts().catch(() => []) : [];
  return Promise.all(
    own.map(async (board) => {
      const port = await resolvePort(board);
      const found = existsSync(port) || listed.some(({ path }) => path === port);
      return { id: board.id, port, found };
    }),
  );
}

/** @param past a folder whose files were written before now */
export async function clockFacts(past: string): Promise<ClockFacts> {
  const synchronised = await isSynchronised();
  const newestFileMs = await newestFile(past);
  return {
    nowMs: Date.now(),
    hasBootId: textOf('/proc/sys/kernel/random/boot_id') !== undefined,
    ...(synchronised === undefined ? {} : { synchronised }),
    ...(newestFileMs === undefined ? {} : { newestFileMs }),
  };
}

async function isSynchronised(): Promise<boolean | undefined> {
  const asked = ['show', '--property=NTPSynchronized', '--value'];
  const said = await promisify(execFile)('timedatectl', asked, { timeout: 5000 }).catch(() => undefined);
  const answer = said?.stdout.trim();
  return answer === 'yes' || answer === 'no' ? answer === 'yes' : undefined;
}

async function newestFile(folder: string): Promise<number | undefined> {
  const names = await readdir(folder).catch(() => []);
  const times = await Promise.all(
    names.map((name) =>
      stat(join(folder, name)).then(
        ({ mtimeMs }) => mtimeMs,
        () => 0,
      ),
    ),
  );
  return times.length === 0 ? undefined : times.reduce((newest, time) => Math.max(newest, time), 0);
}

/** Of the folder, or the nearest above it that is there. */
export async function diskSpace(what: string, path: string): Promise<DiskSpace> {
  const { bavail, bsize } = await statfs(nearest(path));
  return { what, path, freeBytes: bavail * bsize };
}

/** Whether it is a folder, or one can be made there. */
export async function folderFacts(variable: string, path: string): Promise<FolderFacts> {
  const there = await nearestEntry(path);
  const trouble = await stat(there).then(
    (found) => (found.isDirectory() ? undefined : `${there} is a file`),
    ({ code }: NodeJS.ErrnoException) => `${there} leads nowhere (${code})`,
  );
  return { variable, path, ...(trouble === undefined ? {} : { trouble }) };
}

/** Of the path and those above it the first that is there, though it be a link that leads nowhere. */
async function nearestEntry(path: string): Promise<string> {
  const isThere = await lstat(path).then(
    () => true,
    () => false,
  );
  return isThere || dirname(path) === path ? path : nearestEntry(dirname(path));
}

export async function machineFolderFacts(path: string, isNeeded: boolean): Promise<MachineFolder> {
  const there = nearest(path);
  const writable = await access(there, constants.W_OK).then(
    () => true,
    () => false,
  );
  const mode = await stat(there).then((found) => (there === path ? found.mode : 0));
  return { path, shared: (mode & 0o002) !== 0, writable, isNeeded };
}

function nearest(path: string): string {
  return existsSync(path) || dirname(path) === path ? path : nearest(dirname(path));
}

function textOf(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8').trim();
  } catch {
    return undefined;
  }
}

/** `engines.node` of the package. */
export async function neededNode(packageFile: string): Promise<string> {
  const { engines } = JSON.parse(await readFile(packageFile, 'utf8')) as { engines: { node: string } };
  return engines.node;
}
