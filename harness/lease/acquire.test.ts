import { renameSync, rmSync, writeFileSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import type { TokenrackError } from '../errors.js';
import { acquireLease } from './acquire.js';
import type { Lease, LeaseRequest, Waiting } from './lease.js';
import { listLeases } from './list.js';
import { releaseLease } from './release.js';
import { FakeMachine } from './testing/fake-machine.js';

describe('acquireLease', () => {
  let home = '';
  let folder = '';
  let anna: FakeMachine;
  let bert: FakeMachine;
  const taken: Lease[] = [];
  beforeEach(async () => {
    home = await mkdtemp(join(tmpdir(), 'tokenrack-lease-'));
    folder = join(home, 'boards', '24-6f-28-7a-00-01');
    anna = new FakeMachine();
    bert = anna.process('bert@lab');
  });
  afterEach(async () => {
    await Promise.all(taken.splice(0).map((lease) => lease.release()));
    await rm(home, { recursive: true });
  });

  async function take(machine: FakeMachine, more: Partial<LeaseRequest> = {}): Promise<Lease> {
    const request = { folder, board: 'cam-1', mac: '24:6f:28:7a:00:01', what: 'test', timeoutMs: 0, ...more };
    const lease = await acquireLease(request, machine);
    taken.push(lease);
    return lease;
  }

  async function failureOf(promise: Promise<unknown>): Promise<TokenrackError> {
    return promise.then(
      () => expect.fail('nothing failed'),
      (error: TokenrackError) => error,
    );
  }

  it('gives a board to one, with a fence that grows, and names that one to others', async () => {
    const first = await take(anna, { what: 'nightly' });
    const busy = await failureOf(take(bert));
    expect(busy).to.include({ code: 'lease-busy', failureClass: 'infra-fail' });
    expect(busy.message)
      .to.contain('anna@lab')
      .and.to.contain(`process ${anna.self.pid}`)
      .and.to.contain('nightly');
    await first.release();
    const second = await take(bert);
    expect([first.record.fence, second.record.fence]).to.deep.equal([1, 2]);
    expect(second.record).to.deep.include({ boot: 'boot-1', acquiredUs: bert.us });
    expect(await readdir(folder)).to.have.members(['lease.json', 'fence.json']);
  });

  it('lets those who wait in, in the order in which they came, and tells them where they stand', async () => {
    const held = await take(anna, { what: 'flash', expectedMs: 4000 });
    const order: string[] = [];
    const told: Waiting[] = [];
    const waiting = ['b', 'c'].map(async (what) => {
      const machine = anna.process();
      machine.us += what === 'b' ? 1 : 2;
      const lease = await take(machine, {
        what,
        timeoutMs: 60_000,
        expectedMs: 1000,
        onWaiting: (one) => told.push(one),
      });
      order.push(what);
      await lease.release();
    });
    while (told.length < 2) await new Promise(setImmediate);
    await held.release();
    await Promise.all(waiting);
    expect(order).to.deep.equal(['b', 'c']);
    const holder = { user: 'anna@lab', pid: anna.self.pid, what: 'flash' };
    expect(told[0]).to.deep.include({ board: 'cam-1', position: 1, holder });
    expect(told[1]).to.deep.include({ position: 2, holder });
    expect(told[1]?.estimateMs).to.be.closeTo(5000, 1);
  });

  it('leaves the queue at once when it is interrupted, and when its time is over', async () => {
    await take(anna);
    const stop = new AbortController();
    const interrupted = failureOf(
      take(bert, { timeoutMs: 60_000, signal: stop.signal, onWaiting: () => stop.abort() }),
    );
    expect(await interrupted).to.include({ code: 'interrupted', failureClass: 'inconclusive' });
    const late = failureOf(
      take(bert, {
        timeoutMs: 500,
        onWaiting: () => {
          bert.us += 600_000;
        },
      }),
    );
    expect((await late).message).to.match(/busy after 0.5 s/);
    expect((await listLeases(home, anna))[0]?.queue).to.deep.equal([]);
  });

  it('tells why it gave up, though its ticket cannot be taken back any more', async () => {
    await take(anna);
    const aside = `${folder}-aside`;
    const onWaiting = () => {
      renameSync(folder, aside);
      writeFileSync(folder, 'no folder');
      throw new Error('the first of two errors');
    };
    const failure = await failureOf(take(bert, { timeoutMs: 60_000, onWaiting }));
    rmSync(folder);
    renameSync(aside, folder);
    expect(failure.message).to.equal('the first of two errors');
  });

  it('overtakes a holder that died at once, and one that is silent for its time to live', async () => {
    await take(anna);
    anna.die();
    expect((await listLeases(home, bert))[0]?.holder).to.include({ gone: true });
    const second = await take(bert, { ttlMs: 1000 });
    const carl = bert.process('carl@lab');
    carl.us += 1_000_001;
    bert.us += 1_000_000;
    expect((await take(carl)).record.fence).to.equal(3);
    const lost = await failureOf(second.assertHeld());
    expect(lost).to.include({ code: 'lease-lost', failureClass: 'infra-fail' });
    expect(lost.message).to.contain('has it now for test');
    expect(second.signal.reason).to.equal(lost);
  });

  it('tells by its own clock that its lease went, before anybody took it', async () => {
    const lease = await take(anna, { ttlMs: 1000 });
    anna.us += 1_000_000;
    await lease.assertHeld();
    anna.us += 1;
    expect((await failureOf(lease.assertHeld())).message).to.contain('did not renew it for 1 s');
  });

  it('is over after a reboot, and the fence goes on', async () => {
    await take(anna);
    Object.assign(bert, { boot: 'boot-2', us: 5 });
    expect((await listLeases(home, bert))[0]).to.not.have.property('holder');
    expect((await take(bert)).record.fence).to.equal(2);
  });

  it('is not held any more after it was released', async () => {
    const lease = await take(anna);
    await lease.release();
    await lease.release();
    expect((await failureOf(lease.assertHeld())).code).to.equal('lease-lost');
  });

  describe('of a damaged lease.json', () => {
    const damages: readonly (readonly [string, (path: string) => Promise<void>])[] = [
      ['torn', (path) => truncate(path, 40)],
      ['empty', (path) => truncate(path, 0)],
      ['garbage', (path) => writeFile(path, Buffer.from([0, 255, 1, 2]))],
      ['of another schema', (path) => writeFile(path, '{"fence": "many"}')],
      ['gone', (path) => rm(path)],
    ];
    for (const [name, damage] of damages) {
      it(`keeps holder and fence (${name}): who lives has its lease back, who died has not`, async () => {
        await (await take(anna)).release();
        const lease = await take(anna, { ttlMs: 1000 });
        await damage(join(folder, 'lease.json'));
        await lease.assertHeld();
        expect((await failureOf(take(bert))).message).to.contain('anna@lab');
        expect(JSON.parse(await readFile(join(folder, 'lease.json'), 'utf8'))).to.include({ fence: 2 });
        bert.us += 1_000_001;
        expect((await take(bert)).record.fence).to.equal(3);
        await damage(join(folder, 'lease.json'));
        bert.die();
        expect((await take(anna)).record.fence).to.equal(4);
      });
    }

    it('holds the board for the default time to live when fence.json is damaged too, and repeats no fence', async () => {
      const lease = await take(anna);
      for (const file of ['lease.json', 'fence.json']) await writeFile(join(folder, file), '{');
      expect((await failureOf(lease.assertHeld())).code).to.equal('lease-lost');
      expect((await failureOf(take(bert))).message).to.contain('damaged');
      bert.us += 30_000_001;
      const { fence } = (await take(bert)).record;
      expect(fence).to.be.greaterThan(1e12);
      await taken.at(-1)!.release();
      expect((await take(anna)).record.fence).to.equal(fence + 1);
    });

    it('takes the larger fence of the two files', async () => {
      await (await take(anna)).release();
      const old = await readFile(join(folder, 'lease.json'));
      await (await take(anna)).release();
      await writeFile(join(folder, 'lease.json'), old);
      expect((await take(anna)).record.fence).to.equal(3);
    });
  });

  describe('releaseLease', () => {
    it('frees a board whose holder died, and says so', async () => {
      await take(anna);
      anna.die();
      const holder = { user: 'anna@lab', pid: anna.self.pid, what: 'test' };
      expect(await releaseLease(folder, { force: false }, bert)).to.deep.equal({ state: 'free', holder });
      expect(await releaseLease(folder, { force: false }, bert)).to.deep.equal({ state: 'free' });
    });

    it('takes nobody else’s without force, and with it lets the holder finish first', async () => {
      const lease = await take(anna);
      const held = await failureOf(releaseLease(folder, { force: false }, bert));
      expect(held).to.include({ code: 'lease-held' });
      expect(held.message).to.contain('anna@lab');
      expect(await releaseLease(folder, { force: true }, bert)).to.deep.include({ state: 'revoked' });
      const lost = await failureOf(lease.assertHeld());
      expect(lost.message).to.contain('bert@lab took it back by force');
      expect((await failureOf(take(bert))).code).to.equal('lease-busy');
      await lease.release();
      expect((await take(bert)).record.fence).to.equal(2);
    });

    it('takes one’s own, and calls that no force', async () => {
      const lease = await take(anna);
      const own = anna.process();
      expect(await releaseLease(folder, { force: false }, own)).to.deep.include({ state: 'revoked' });
      expect((await failureOf(lease.assertHeld())).message).to.match(
        /anna@lab took it back; nothing further/,
      );
    });
  });
});
