import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import type { LeaseState } from '../../lease/lease.js';
import { checkHealth } from './check-health.js';
import { checkLeases } from './check-leases.js';
import { checkClock, checkDisk, checkMachineFolder, checkNode } from './check-machine.js';
import { checkBoardPorts, checkDrivers, checkGrabbers, checkPermissions } from './check-ports.js';
import { checkCompiler, checkHosts, checkInflux, checkRackFile } from './check-services.js';
import type { Finding } from './finding.js';
import { diskSpace, machineFolderFacts, seenAdapters } from './machine-facts.js';

const states = (findings: readonly Finding[]): string[] => findings.map(({ state }) => state);

/** Whatever is not well says what to do next. */
function expectState(finding: Finding | undefined, state: Finding['state'], text: RegExp): void {
  expect(finding?.state).to.equal(state);
  expect(finding?.message).to.match(text);
  if (state === 'ok') expect(finding).not.to.have.property('next');
  else expect(finding?.next).to.match(/\w/);
}

describe('doctor: the machine', () => {
  it('wants the Node.js that the package wants', () => {
    expectState(checkNode('v20.19.0', '>=20.19'), 'ok', /v20\.19\.0/);
    expectState(checkNode('v22.1.0', '>=20.19'), 'ok', /v22/);
    expectState(checkNode('v20.9.0', '>=20.19'), 'wrong', /v20\.9\.0 is too old/);
    expectState(checkNode('v18.20.0', '>=20.19'), 'wrong', /too old/);
  });

  it('sees a clock that nobody keeps, and one that is behind what was written', () => {
    const facts = { nowMs: 1_000_000_000_000, hasBootId: true };
    expect(states(checkClock({ ...facts, synchronised: true }))).to.deep.equal(['ok', 'ok']);
    expectState(checkClock(facts)[0], 'ok', /does not say/);
    expectState(checkClock({ ...facts, synchronised: false })[0], 'warning', /nothing keeps it right/);
    const ahead = { ...facts, synchronised: true, newestFileMs: facts.nowMs + 3_600_000 };
    expectState(checkClock(ahead)[0], 'warning', /files were written at/);
    expectState(checkClock({ ...ahead, newestFileMs: facts.nowMs + 60_000 })[0], 'ok', /synchronised/);
    expectState(checkClock({ ...facts, hasBootId: false })[1], 'warning', /one boot from another/);
  });

  it('tells little space from too little', () => {
    const space = (freeBytes: number) => checkDisk([{ what: 'runs', path: '/r', freeBytes }])[0];
    expectState(space(5e9), 'ok', /5000 MB free for runs/);
    expectState(space(9e8), 'warning', /900 MB/);
    expectState(space(5e7), 'wrong', /50 MB/);
  });

  it('wants a machine folder that can be written, and shared where there are real boards', () => {
    const folder = { path: '/m', shared: false, writable: true, isNeeded: true };
    expectState(checkMachineFolder({ ...folder, shared: true }), 'ok', /shared/);
    expectState(checkMachineFolder({ ...folder, isNeeded: false }), 'ok', /own/);
    expectState(checkMachineFolder(folder), 'warning', /do not see who has a board/);
    expectState(checkMachineFolder({ ...folder, writable: false }), 'wrong', /no lease/);
    expectState(checkMachineFolder({ ...folder, writable: false, isNeeded: false }), 'warning', /no lease/);
  });
});

describe('doctor: ports', () => {
  it('names the group that a port belongs to, or a rule where it has none', () => {
    const port = { path: '/dev/ttyUSB0', permitted: false };
    expectState(checkPermissions([], 'ann')[0], 'ok', /no USB serial adapter/);
    expectState(checkPermissions([{ ...port, permitted: true }], 'ann')[0], 'ok', /can be opened/);
    const [dialout] = checkPermissions([{ ...port, group: 'dialout' }], 'ann');
    expectState(dialout, 'wrong', /belongs to dialout, and ann may not/);
    expect(dialout?.next).to.equal('sudo usermod -aG dialout ann, and log in again');
    expect(checkPermissions([{ ...port, group: 'root' }], 'ann')[0]?.next).to.match(/udev rule/);
  });

  it('names the module of an adapter that no driver took', () => {
    const adapter = { name: 'CH340', id: '1a86:7523', hasPort: true };
    expectState(checkDrivers([adapter])[0], 'ok', /all 1/);
    const [bare] = checkDrivers([{ ...adapter, hasPort: false }, adapter]);
    expectState(bare, 'wrong', /CH340 \(1a86:7523\).*no driver/);
    expect(bare?.next).to.match(/modprobe ch341/);
  });

  it('knows the programs that take ports', () => {
    expectState(checkGrabbers(['bash'])[0], 'ok', /none/);
    const found = checkGrabbers(['bash', 'ModemManager', 'brltty']);
    expect(states(found)).to.deep.equal(['warning', 'warning']);
    expectState(found[1], 'warning', /brltty runs/);
  });

  it('misses the ports of boards', () => {
    const board = { id: 'cam-1', port: '/dev/ttyUSB0', found: true };
    expectState(checkBoardPorts([board])[0], 'ok', /all 1/);
    expectState(checkBoardPorts([{ ...board, found: false }])[0], 'wrong', /cam-1: there is no/);
  });
});

describe('doctor: leases', () => {
  const lease = (holder: object): LeaseState => ({
    folder: '/f',
    mac: '24:6f:28:00:00:01',
    board: 'cam-1',
    fence: 3,
    queue: [],
    holder: { user: 'ann@desk', pid: 7, what: 'run x', heldMs: 1000, leftMs: 20_000, ...holder },
  });

  it('tells a lease that is in use from one whose holder is gone, late or very long', () => {
    const { holder: _, ...free } = lease({});
    expectState(checkLeases([free])[0], 'ok', /no board is held/);
    expectState(checkLeases([lease({})])[0], 'ok', /1 board\(s\) held/);
    expectState(checkLeases([lease({ gone: true })])[0], 'warning', /is gone: ann@desk \(process 7, run x\)/);
    expectState(checkLeases([lease({ leftMs: -5 })])[0], 'warning', /has expired/);
    expectState(checkLeases([lease({ heldMs: 20 * 3_600_000 })])[0], 'warning', /held for 20 hours/);
  });
});

describe('doctor: health', () => {
  const quarantine = { reason: 'said nothing', since: '2026-11-21T09:00:00.000Z', cooldownMs: 1 };

  it('names a board that is left alone, why, and what puts it back', () => {
    expectState(checkHealth([{ id: 'a', health: { state: 'good' } }])[0], 'ok', /no board is in quarantine/);
    const [found] = checkHealth([{ id: 'a', health: { state: 'quarantined', quarantine } }]);
    expectState(found, 'warning', /^a: in quarantine since 2026-11-21T09:00:00\.000Z: said nothing/);
    expect(found?.next).to.contain('`tokenrack rack check a --release`');
    expectState(
      checkHealth([{ id: 'b', health: { state: 'probation', quarantine } }])[0],
      'warning',
      /^b: on/,
    );
  });
});

describe('doctor: what runs need besides', () => {
  it('repeats what is wrong in the rack file', () => {
    expectState(checkRackFile({ path: 'r.yaml', boards: 3, packaged: false }), 'ok', /r\.yaml: 3 board/);
    expectState(checkRackFile({ path: 'r', boards: 4, packaged: true }), 'ok', /packaged virtual rack/);
    expectState(checkRackFile({ error: 'rack.yaml:4: unknown key' }), 'wrong', /^rack\.yaml:4: unknown key$/);
  });

  it('says whether the compiler works', () => {
    expectState(checkCompiler({ version: '22' }), 'ok', /clang 22/);
    expectState(checkCompiler({ error: 'cannot find package' }), 'wrong', /cannot find package/);
  });

  it('takes a server that is away for a warning, and settings that are wrong for a fault', () => {
    const spool = { waiting: 0, damaged: 0, quarantined: 0 };
    const check = (facts: object): Finding[] => checkInflux({ ...spool, ...facts }, 10_000_000);
    expect(states(check({}))).to.deep.equal(['ok', 'ok']);
    expectState(check({ server: { name: 'x', version: '1.6' } })[0], 'ok', /x answers \(1\.6\)/);
    expectState(check({ server: { name: 'x' } })[0], 'warning', /x does not answer/);
    expectState(check({ error: 'influx: no database' })[0], 'wrong', /no database/);
    expectState(check({ waiting: 5, oldestMs: 9_900_000 })[1], 'ok', /5 point\(s\) wait/);
    expectState(check({ waiting: 5, oldestMs: 1_000 })[1], 'warning', /the oldest since 1970/);
    expect(states(check({ damaged: 1, quarantined: 2 }))).to.deep.equal(['ok', 'warning', 'warning']);
  });

  it('wants a known key of each rack host', () => {
    const host = { id: 'lab', address: 'lab.example', port: 2, ssh: 'ssh -p 2 lab.example', knownKeys: 2 };
    expectState(checkHosts([])[0], 'ok', /none/);
    expectState(checkHosts([host])[0], 'ok', /lab: 2 known key\(s\)$/);
    expectState(checkHosts([{ ...host, answered: true }])[0], 'ok', /and it answers/);
    const [unknown] = checkHosts([{ ...host, knownKeys: 0 }]);
    expectState(unknown, 'wrong', /no key of lab\.example/);
    expect(unknown?.next).to.contain('`ssh-keyscan -p 2 lab.example | ');
    const [away] = checkHosts([{ ...host, error: 'lab: no route' }]);
    expectState(away, 'wrong', /^lab: no route$/);
    expect(away?.next).to.equal('`ssh -p 2 lab.example` says more');
  });
});

describe('doctor: facts', () => {
  let folder = '';
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'tokenrack-doctor-'));
  });
  afterEach(() => rm(folder, { recursive: true }));

  it('sees on the USB tree which adapters have a port', async () => {
    const device = async (name: string, vendor: string, product: string): Promise<void> => {
      await mkdir(join(folder, name), { recursive: true });
      await writeFile(join(folder, name, 'idVendor'), `${vendor}\n`);
      await writeFile(join(folder, name, 'idProduct'), `${product}\n`);
    };
    await device('1-1', '1a86', '7523');
    await mkdir(join(folder, '1-1:1.0', 'ttyUSB3'), { recursive: true });
    await device('1-2', '10c4', 'ea60');
    await mkdir(join(folder, '1-2:1.0'));
    await device('1-3', '303a', '1001');
    await mkdir(join(folder, '1-3:1.0', 'tty', 'ttyACM0'), { recursive: true });
    await device('usb1', '1d6b', '0002');
    expect(await seenAdapters(folder)).to.deep.equal([
      { name: 'CH340', id: '1a86:7523', hasPort: true },
      { name: 'CP210x', id: '10c4:ea60', hasPort: false },
      { name: 'Espressif', id: '303a:1001', hasPort: true },
    ]);
    expect(await seenAdapters(join(folder, 'none'))).to.deep.equal([]);
  });

  it('asks of a folder that is not there yet what would become of it', async () => {
    const path = join(folder, 'a', 'b');
    expect((await diskSpace('runs', path)).freeBytes).to.be.above(0);
    expect(await machineFolderFacts(path, true)).to.deep.equal({
      path,
      shared: false,
      writable: true,
      isNeeded: true,
    });
  });
});
