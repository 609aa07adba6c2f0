import type { BindingInterface } from '@serialport/bindings-cpp';
import type { SerialPortStream } from '@serialport/stream';
import type { ModemLines } from '../virtual/reset-pins.js';
import { LinkStream } from './link-stream.js';
import { openFailure } from './open-failure.js';
import { usbBinding } from './usb.js';
import { VirtualPort, virtualBinding } from './virtual-binding.js';
import { isVirtualPath } from './virtual-ports.js';

/** How the host reaches a board's UART and reset lines. */
export interface OpenLink {
  readonly kind: 'usb' | 'virtual';
  readonly path: string;
  /** What the link's times are: the world's, or the cost model's. */
  readonly clock: 'hardware' | 'modelled';
  readonly stream: SerialPortStream;
  /**
   * When the latest `data` event's last byte arrived, in microseconds: the board's virtual time on a virtual link,
   * otherwise the host's monotonic clock. 0 before the first.
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
}

const released: ModemLines = { dtr: false, rts: false };

/**
 * Opens a port: `virtual:NAME` for a board that is plugged in (virtual-ports.ts), else a serial port of this machine.
 * @throws InfraError `port-in-use`, `no-such-port`, `port-no-permission` or `port-failed`
 */
export async function openLink(path: string, options: LinkOptions): Promise<OpenLink> {
  const kind = isVirtualPath(path) ? 'virtual' : 'usb';
  const stream = kind === 'virtual' ? virtualStream(path, options) : await usbStream(path, options);
  await settle((done) => stream.open(done)).catch((error: unknown) => {
    throw openFailure(path, error);
  });
  await settle((done) => stream.set({ ...released }, done));
  const close = closer(stream);
  return {
    kind,
    path,
    clock: kind === 'virtual' ? 'modelled' : 'hardware',
    stream,
    arrivalUs: () => stream.arrivalUs,
    close,
    [Symbol.asyncDispose]: close,
  };
}

function virtualStream(path: string, { baudRate, keepRunning }: LinkOptions): LinkStream {
  const binding = virtualBinding as unknown as BindingInterface;
  const lines = keepRunning === true ? { initialLines: released } : {};
  return new LinkStream({ binding, path, baudRate, ...lines }, ({ port }) =>
    port instanceof VirtualPort ? port.arrivalUs : 0,
  );
}

async function usbStream(path: string, { baudRate, keepRunning }: LinkOptions): Promise<LinkStream> {
  const binding = await usbBinding();
  return new LinkStream(
    { binding, path, baudRate, hupcl: keepRunning !== true },
    () => performance.now() * 1000,
  );
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
