import { expect } from 'chai';
import { boardSchema, type RackBoard } from './rack-schema.js';
import type { Candidate } from './scan-candidates.js';
import { planScan, type ScannedPort, whereOf } from './scan-plan.js';

const macs = {
  a: '24:6f:28:00:00:0a',
  b: '24:6f:28:00:00:0b',
  c: '24:6f:28:00:00:0c',
} as const;

function board(keys: Record<string, unknown>): RackBoard {
  return boardSchema.parse({ labels: ['mine'], ...keys });
}

function port(
  path: string,
  mac: string,
  more: Partial<Candidate> & { hasLines?: boolean; clock?: 'modelled' } = {},
): ScannedPort {
  const { hasLines = true, clock = 'hardware', ...candidate } = more;
  const outcome = { kind: 'board', mac, revision: 301, clock, hasLines } as const;
  return { candidate: { path, usbPaths: [], ...candidate }, outcome };
}

function empty(path: string, code: 'busy' | 'missing', expected?: RackBoard): ScannedPort {
  const candidate = { path, usbPaths: [], ...(expected === undefined ? {} : { expected }) };
  return { candidate, outcome: { kind: 'none', code, message: `${path}: ${code}` } };
}

const usb = (id: string, mac: string, path: string, more: object = {}): RackBoard =>
  board({ id, mac, link: 'usb', port: path, chip_revision: 301, ...more });

describe('what a scan means for the rack', () => {
  it('gives new boards the ids that are free, and says where they are', () => {
    const known = [usb('cam-2', macs.b, '/dev/b')];
    const { boards } = planScan(known, [
      port('/dev/b', macs.b),
      port('/dev/a', macs.a, { usbPaths: ['pci-usb-1', 'pci-usbv2-1'] }),
      port('rfc2217://lab-3:4000', macs.c, { clock: 'modelled' }),
    ]);
    expect(boards).to.deep.equal([
      { kind: 'found', id: 'cam-2', mac: macs.b, keys: {} },
      {
        kind: 'new',
        id: 'cam-1',
        mac: macs.a,
        keys: { link: 'usb', port: '/dev/a', usb_path: 'pci-usb-1', chip_revision: 301 },
      },
      {
        kind: 'new',
        id: 'cam-3',
        mac: macs.c,
        keys: { link: 'rfc2217', host: 'lab-3', port: 4000, clock: 'modelled', chip_revision: 301 },
      },
    ]);
  });

  it('sees that a board moved, also to another kind of link, and takes away what does not fit there', () => {
    const near = usb('near', macs.a, '/dev/a', { usb_path: 'old' });
    const far = board({ id: 'far', mac: macs.b, link: 'rfc2217', host: 'h', port: 1, clock: 'hardware' });
    const { boards } = planScan(
      [near, far],
      [port('rfc2217://h:2', macs.a), port('/dev/b', macs.b, { usbPaths: ['p'] })],
    );
    expect(boards.map((one) => 'keys' in one && one.keys)).to.deep.equal([
      { link: 'rfc2217', host: 'h', port: 2, usb_path: undefined },
      { link: 'usb', port: '/dev/b', usb_path: 'p', chip_revision: 301, host: undefined, clock: undefined },
    ]);
  });

  it('keeps how a server is to be treated with the server', () => {
    const behind = (id: string, mac: string) =>
      board({ id, mac, link: 'rfc2217', host: 'h', port: 1, chip_revision: 301, ign_set_control: true });
    const { boards } = planScan(
      [behind('same', macs.a), behind('moved', macs.b)],
      [
        port('rfc2217://h:1?ign_set_control', macs.a),
        port('rfc2217://h:2', macs.b),
        port('rfc2217://h:3?ign_set_control', macs.c),
      ],
    );
    expect(boards.map((one) => 'keys' in one && one.keys)).to.deep.equal([
      {},
      { port: 2, ign_set_control: undefined },
      { link: 'rfc2217', host: 'h', port: 3, ign_set_control: true, chip_revision: 301 },
    ]);
    const [, , added] = boards;
    expect(added?.kind === 'new' && whereOf(added.keys)).to.equal('rfc2217://h:3?ign_set_control');
  });

  it('tells two boards that changed places from each other', () => {
    const [a, b] = [usb('a', macs.a, '/dev/0'), usb('b', macs.b, '/dev/1')];
    const scanned = [port('/dev/0', macs.b, { expected: a }), port('/dev/1', macs.a, { expected: b })];
    expect(planScan([a, b], scanned).boards.map((one) => 'keys' in one && one.keys)).to.deep.equal([
      { port: '/dev/1' },
      { port: '/dev/0' },
    ]);
  });

  it('keeps a board that was not found, and says why', () => {
    const gone = usb('gone', macs.a, '/dev/a');
    const busy = usb('busy', macs.b, '/dev/b');
    const other = usb('other', macs.c, '/dev/c');
    const { boards, ports } = planScan(
      [gone, busy, other],
      [
        empty('/dev/a', 'missing', gone),
        empty('/dev/b', 'busy', busy),
        port('/dev/c', '24:6f:28:00:00:99', { expected: other }),
      ],
    );
    expect(boards.slice(0, 3).map((one) => [one.kind, 'reason' in one && one.reason])).to.deep.equal([
      ['missing', '/dev/a: missing'],
      ['missing', '/dev/b: busy'],
      ['missing', '/dev/c: has 24:6f:28:00:00:99 now'],
    ]);
    expect(ports, 'said once').to.deep.equal([]);
  });

  it('keeps the name of a place on the USB tree that is one of its names', () => {
    const known = usb('a', macs.a, '/dev/a', { usb_path: 'second' });
    const scanned = [port('/dev/a', macs.a, { usbPaths: ['first', 'second'], expected: known })];
    expect(planScan([known], scanned).boards[0]).to.deep.include({ keys: {} });
  });

  it('corrects the chip revision, which only the chip knows', () => {
    const known = usb('a', macs.a, '/dev/a', { chip_revision: 100 });
    expect(planScan([known], [port('/dev/a', macs.a)]).boards[0]).to.deep.include({
      keys: { chip_revision: 301 },
    });
  });

  it('says of a port without lines, of a second port and of boards of other places why they are not entered', () => {
    const known = [
      usb('a', macs.a, '/dev/a'),
      board({ id: 'v', mac: macs.b, link: 'virtual' }),
      usb('c', macs.c, '/dev/c', { rack_host: 'lab' }),
    ];
    const { boards, ports } = planScan(known, [
      port('rfc2217://h:1', macs.a),
      port('/dev/a', macs.a, { expected: known[0]! }),
      port('/dev/b', macs.b),
      port('/dev/c', macs.c),
      port('/dev/tty', '24:6f:28:00:00:99', { hasLines: false }),
      empty('/dev/x', 'busy'),
    ]);
    expect(boards.map(({ kind }) => kind)).to.deep.equal(['found', 'skipped', 'skipped']);
    expect(ports.map(({ code }) => code)).to.deep.equal([
      'twice',
      'elsewhere',
      'elsewhere',
      'no-modem-lines',
      'busy',
    ]);
    expect(ports[0]?.message).to.equal(`rfc2217://h:1: has board ${macs.a} too, which is entered at /dev/a`);
    expect(ports[2]?.message).to.match(/has c on lab: change its rack_host/);
  });
});
