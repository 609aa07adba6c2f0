import type { BindingInterface } from '@serialport/bindings-cpp';
import type { SerialPortStream } from '@serialport/stream';
import type { ModemLines } from '../virtual/reset-pins.js';
import { LinkStream } from './link-stream.js';
import { noModemLines, openFailure } from './open-failure.js';
import { rfc2217Binding } from './rfc2217-binding.js';
import { Rfc2217Port } from './rfc2217-port.js';
import { isRfc2217Path } from './rfc2217-url.js';
import { usbBinding } from './usb.js';
import { VirtualPort, virtualBinding } from './virtual-binding.js';
import { isVirtualPath } from './virtual-ports.js';

/** How the host reaches a board's UART and reset lines. */
export interface OpenLink {
  readonly kind: 'usb' | 'virtual' | 'rfc2217';
  readonly path: string;
  /** What the board's times are: the world's, or the cost model's. */
  readonly clock: 'hardware' | 'modelled';
  readonly stream: SerialPortStream;
  /** Whether it has DTR and RTS; a pty has none. Absent: it has. */
  readonly hasLines?: boolean;
  /**
   * When the latest `data` event's last byte arrived, in microseconds: the board's virtual time on a virtual link,
   * otherwise the host's monotonic clock (over rfc2217 the network's delay is in it). 0 before the first.
   */
  arrivalUs(): number;
  /** Closes the port; the board itself lives on. Again: nothing. */
  close(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

export interface LinkOptions {
  readonly baudRate: number;
  /**
   * Opening a port asserts DTR and RTS, which resets an ESP32-CAM-MB; both are released at once afterwards, and the
   * board starts. `true` asks for an opening that leaves the board running: exact on a virtual link; on a real one the
   * driver decides, and Linux resets the board all the same.
   */
  readonly keepRunning?: boolean;
  /** What a board behind an rfc2217 link is: `modelled` when `tokenrack virtual` serves it. Default `hardware`. */
  readonly clock?: OpenLink['clock'];
  /** Open a port without DTR and RTS all the same. Default false. */
  readonly linesOptional?: boolean;
}

const released: ModemLines = { dtr: false, rts: false };

/**
 * Opens a port: `virtual:NAME` for a board that is plugged in (virtual-ports.ts), `rfc2217://HOST:PORT` for one behind a
 * serial server, else a serial port of this machine.
 * @throws InfraError `port-in-use`, `no-such-port`, `port-no-permission`, `port-failed`, `no-modem-lines`, and those of
 * rfc2217-failure.ts; ConfigError `bad-link-url`
 */
export async function openLink(path: string, options: LinkOptions): Promise<OpenLink> {
  const kind = kindOf(path);
  const stream = await makeStream[kind](path, options);
  await settle((done) => stream.open(done)).catch((error: unknown) => {
    throw openFailure(path, error);
  });
  const close = closer(stream);
  const noLines = await settle((done) => stream.set({ ...released }, done)).then(
    () => undefined,
    (error: unknown) => noModemLines(path, error),
  );
  if (noLines !== undefined && !(options.linesOptional === true && noLines.code === 'no-modem-lines')) {
    await close();
    throw noLines;
  }
  return {
    kind,
    path,
    clock: clockOf(kind, options),
    stream,
    hasLines: noLines === undefined,
    arrivalUs: () => stream.arrivalUs,
    close,
    [Symbol.asyncDispose]: close,
  };
}

function kindOf(path: string): OpenLink['kind'] {
  if (isVirtualPath(path)) return 'virtual';
  return isRfc2217Path(path) ? 'rfc2217' : 'usb';
}

function clockOf(kind: OpenLink['kind'], { clock = 'hardware' }: LinkOptions): OpenLink['clock'] {
  if (kind === 'virtual') return 'modelled';
  return kind === 'rfc2217' ? clock : 'hardware';
}

const makeStream = { virtual: virtualStream, rfc2217: rfc2217Stream, usb: usbStream } as const;

function virtualStream(path: string, { baudRate, keepRunning }: LinkOptions): LinkStream {
  const binding = virtualBinding as unknown as BindingInterface;
  const lines = keepRunning === true ? { initialLines: released } : {};
  return new LinkStream({ binding, path, baudRate, ...lines }, ({ port }) =>
    port instanceof VirtualPort ? port.arrivalUs : 0,
  );
}

function rfc2217Stream(path: string, { baudRate, keepRunning }: LinkOptions): LinkStream {
  const binding = rfc2217Binding as unknown as BindingInterface;
  const lines = keepRunning === true ? { initialLines: released } : {};
  return new LinkStream({ binding, path, baudRate, ...lines }, ({ port }) =>
    port instanceof Rfc2217Port ? port.arrivalUs : 0,
  );
}

async function usbStream(path: string, { baudRate, keepRunning }: LinkOptions): Promise<LinkStream> {
  const binding = await usbBinding();
  return new LinkStream(
    { binding, path, baudRate, hupcl: keepRunning !== true },
    () => performance.now() * 1000,
  );
}

/**
 * Whether times taken by `arrivalUs` are those of the wire: on a virtual board behind a network they are the host's,
 * which no UART slows down, and rates made of them would mean nothing.
 */
export function tellsWireTime({ kind, clock }: OpenLink): boolean {
  return kind === 'virtual' || clock === 'hardware';
}

/** Closing is one act: whoever asks again waits for the same end. A port that was unplugged is closed already. */
function closer(stream: LinkStream): () => Promise<void> {
  let closed: Promise<void> | undefined;
  return () => {
    closed ??= stream.isOpen ? settle((done) => stream.close(done)) : Promise.resolve();
    return closed;
  };
}

function settle(act: (done: (error: Error | null) => void) => void): Promise<void> {
  return new Promise((resolve, reject) => act((error) => (error ? reject(error) : resolve())));
}
