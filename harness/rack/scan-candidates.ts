import { rfc2217Path } from '../link/rfc2217-url.js';
import type { UsbPort } from '../link/usb-ports.js';
import type { RackBoard } from './rack-schema.js';

/** A port where a board may be. */
export interface Candidate {
  /** What is opened. */
  readonly path: string;
  /** What its USB adapter is, such as `CH340`. */
  readonly adapter?: string;
  /** Where on the USB tree, by each of its names. */
  readonly usbPaths: readonly string[];
  /** The board that the rack file has there. */
  readonly expected?: RackBoard;
}

/** USB vendors of the adapters that ESP32 boards come with, and the products where the vendor makes other things too. */
const ADAPTERS: readonly { vendor: string; products?: readonly string[]; name: string }[] = [
  { vendor: '1a86', name: 'CH340' },
  { vendor: '10c4', products: ['ea60', 'ea61', 'ea63', 'ea70', 'ea71'], name: 'CP210x' },
  { vendor: '0403', name: 'FTDI' },
  { vendor: '067b', name: 'PL2303' },
  { vendor: '303a', name: 'Espressif' },
];

export function adapterOf({ vendorId, productId }: UsbPort): string | undefined {
  const found = ADAPTERS.find(
    ({ vendor, products }) => vendor === vendorId && (products?.includes(productId ?? '') ?? true),
  );
  return found?.name;
}

export interface CandidateSources {
  readonly listed: readonly UsbPort[];
  /** Ports that somebody named. */
  readonly named: readonly string[];
  /** The boards of the rack file that are on this machine. */
  readonly boards: readonly RackBoard[];
  /** Two names of one port have the same real path. */
  realPath(path: string): string;
}

/** Ports with an adapter that boards have, ports that were named, and ports of the rack's boards: each once. */
export function candidatePorts({ listed, named, boards, realPath }: CandidateSources): Candidate[] {
  const expected = new Map(boards.flatMap((board) => portOf(board).map((path) => [realPath(path), board])));
  const details = new Map(listed.map((port) => [realPath(port.path), port]));
  const paths = [
    // First, so that a port keeps the name that the file has for it.
    ...boards.flatMap(portOf),
    ...listed.filter((port) => adapterOf(port) !== undefined).map(({ path }) => path),
    ...named,
  ];
  const names = new Map<string, string>();
  for (const path of paths) if (!names.has(realPath(path))) names.set(realPath(path), path);
  return [...names].map(([real, path]) => describe(path, details.get(real), expected.get(real)));
}

function describe(path: string, port: UsbPort | undefined, expected: RackBoard | undefined): Candidate {
  const adapter = port === undefined ? undefined : adapterOf(port);
  return {
    path,
    usbPaths: port?.usbPaths ?? [],
    ...(adapter === undefined ? {} : { adapter }),
    ...(expected === undefined ? {} : { expected }),
  };
}

/** The port that the rack file has for a board, as a link is opened by; none for a virtual one. */
export function portOf(board: RackBoard): string[] {
  if (board.link === 'virtual') return [];
  if (board.link === 'usb') return [board.port];
  return [rfc2217Path(board.host, board.port, board.ign_set_control)];
}
