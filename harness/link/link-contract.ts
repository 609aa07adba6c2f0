import type { BindingInterface, BindingPortInterface } from '@serialport/bindings-cpp';
import { expect } from 'chai';

/** The far end of a link's wire, as a test holds it. */
export interface LinkPeer {
  readonly binding: BindingInterface;
  readonly path: string;
  /** Resolves when the far end knows that the port is open; absent where it knows at once. */
  opened?(): Promise<void>;
  /** Sends bytes, as latin1 characters, to whoever has the port open. */
  send(text: string): void;
  /** All that the host sent so far, as the far end heard it. */
  heard(): string;
  /** A path of the same kind where nothing is. Default: `path` with something added. */
  readonly missingPath?: string;
  /** The host's rate, as far as the far end sees it. */
  baudRate(): number;
  /** DTR and RTS, as the far end has seen them, newest last. */
  lines(): readonly { readonly dtr: boolean; readonly rts: boolean }[];
  /** Pulls the cable out. */
  unplug(): void;
  close(): Promise<void>;
}

/** What a kind of link cannot have by its nature; each with the reason, which the skipped test tells. */
export type LinkLacks = Partial<
  Record<'list' | 'lines' | 'lines at once' | 'rate' | 'lock' | 'drain' | 'hang-up', string>
>;

/**
 * What every link's binding must do, so that everything above sees one kind of port. Declares mocha tests; `makePeer`
 * gives each a fresh far end.
 */
export function describeLinkContract(
  name: string,
  makePeer: () => Promise<LinkPeer>,
  lacks: LinkLacks = {},
): void {
  const needs = (feature: keyof LinkLacks, title: string, test: () => Promise<void>): void => {
    if (lacks[feature] === undefined) it(title, test);
    else it.skip(`${title} (skipped: ${lacks[feature]})`);
  };

  describe(`${name}: link contract`, () => {
    let peer: LinkPeer;
    let port: BindingPortInterface;
    const open = async () => {
      const opened = await peer.binding.open({ path: peer.path, baudRate: 115_200 });
      await peer.opened?.();
      return opened;
    };

    beforeEach(async () => {
      peer = await makePeer();
      port = await open();
    });
    /** Where draining says nothing about the far end, waits until it has that many bytes. */
    const delivered = async (bytes: number): Promise<void> => {
      if (lacks.drain === undefined) return;
      while (peer.heard().length < bytes) await new Promise((resolve) => setImmediate(resolve));
    };
    afterEach(async () => {
      if (port.isOpen) await port.close();
      await peer.close();
    });

    needs('list', 'lists the port', async () => {
      expect((await peer.binding.list()).map(({ path }) => path)).to.include(peer.path);
    });

    it('keeps bytes in order, in both directions', async () => {
      peer.send('first ');
      peer.send('second');
      expect(await readText(port, 12)).to.equal('first second');
      await port.write(Buffer.from('one '));
      await port.write(Buffer.from('two'));
      await port.drain();
      await delivered(7);
      expect(peer.heard()).to.equal('one two');
    });

    it(`carries ${bulkBytes} bytes each way at 921600 baud, both at once, without loss`, async () => {
      await port.update({ baudRate: 921_600 });
      const [down, up] = [bulk(1), bulk(2)];
      peer.send(up.toString('latin1'));
      const [heard] = await Promise.all([readBytes(port, bulkBytes), writeAll(port, down)]);
      await port.drain();
      await delivered(bulkBytes);
      expect(heard.equals(up), 'to the host').to.equal(true);
      expect(Buffer.from(peer.heard(), 'latin1').equals(down), 'from the host').to.equal(true);
    });

    it('reads at least one byte, no more than asked, into the place that was asked for', async () => {
      const buffer = Buffer.alloc(10, '.');
      const reading = port.read(buffer, 2, 3);
      peer.send('abcdef');
      const { bytesRead } = await reading;
      expect(bytesRead).to.be.within(1, 3);
      expect(buffer.toString()).to.equal(`..${'abc'.slice(0, bytesRead)}`.padEnd(10, '.'));
      expect(await readText(port, 6 - bytesRead)).to.equal('abcdef'.slice(bytesRead));
    });

    it('cancels a waiting read when it is closed', async () => {
      const reading = failureOf(port.read(Buffer.alloc(1), 0, 1));
      await port.close();
      expect(port.isOpen).to.equal(false);
      expect(await reading).to.have.property('canceled', true);
      expect(await failureOf(port.write(Buffer.from('x')))).to.be.instanceOf(Error);
    });

    needs('hang-up', 'fails a waiting read when the cable comes out, which is no cancelling', async () => {
      const reading = failureOf(port.read(Buffer.alloc(1), 0, 1));
      peer.unplug();
      const failure = await reading;
      expect(failure).to.be.instanceOf(Error);
      expect(failure).not.to.have.property('canceled', true);
    });

    needs('lock', 'has one user at a time', async () => {
      const failure = await failureOf(open());
      expect((failure as Error).message).to.match(/cannot lock|access denied|in use/i);
      await port.close();
      port = await open();
    });

    it('says so when there is no such port', async () => {
      const missing = peer.missingPath ?? `${peer.path}-missing`;
      const failure = await failureOf(peer.binding.open({ path: missing, baudRate: 115_200 }));
      expect((failure as Error).message).to.match(/no such file|not found|refused/i);
    });

    needs('rate', 'changes its rate while it is open', async () => {
      await port.update({ baudRate: 460_800 });
      expect(peer.baudRate()).to.equal(460_800);
      expect(await port.getBaudRate()).to.deep.equal({ baudRate: 460_800 });
    });

    needs('lines', 'sets both modem lines, and releases those that are not named', async () => {
      await port.set({ dtr: true, rts: false });
      expect(peer.lines().at(-1)).to.deep.equal({ dtr: true, rts: false });
      await port.set({ rts: true });
      expect(peer.lines().at(-1)).to.deep.equal({ dtr: false, rts: true });
    });

    needs('lines at once', 'changes both modem lines at the same moment', async () => {
      await port.set({ dtr: true, rts: false });
      const before = peer.lines().length;
      await port.set({ dtr: false, rts: true });
      expect(peer.lines().slice(before)).to.deep.equal([{ dtr: false, rts: true }]);
    });

    needs('lines', 'asserts both lines when it is opened, and releases them when it is closed', async () => {
      expect(peer.lines().at(-1)).to.deep.equal({ dtr: true, rts: true });
      await port.close();
      expect(peer.lines().at(-1)).to.deep.equal({ dtr: false, rts: false });
    });

    it('forgets on a flush what came and was not read', async () => {
      peer.send('stale');
      // Where bytes take their own time, those that are to be forgotten must have come.
      if (lacks.drain !== undefined) await readText(port, 1);
      await port.flush();
      peer.send('fresh');
      expect(await readText(port, 5)).to.equal('fresh');
    });
  });
}

const bulkBytes = 2_000_000;

/** Bytes of every value, in no order that repeats itself. */
function bulk(seed: number): Buffer {
  let state = seed;
  return Buffer.from(
    Uint8Array.from({ length: bulkBytes }, () => {
      state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
      return state >>> 24;
    }),
  );
}

async function writeAll(port: BindingPortInterface, bytes: Buffer): Promise<void> {
  for (let at = 0; at < bytes.length; at += 65_536) await port.write(bytes.subarray(at, at + 65_536));
}

async function readText(port: BindingPortInterface, bytes: number): Promise<string> {
  return (await readBytes(port, bytes)).toString();
}

async function readBytes(port: BindingPortInterface, bytes: number): Promise<Buffer> {
  const buffer = Buffer.alloc(bytes);
  for (let done = 0; done < bytes; ) done += (await port.read(buffer, done, bytes - done)).bytesRead;
  return buffer;
}

function failureOf(action: Promise<unknown>): Promise<unknown> {
  return action.then(
    () => undefined,
    (error: unknown) => error,
  );
}
