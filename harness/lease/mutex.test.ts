import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { Mutex } from './mutex.js';
import { FakeMachine } from './testing/fake-machine.js';

describe('the lock before lease.json', () => {
  let folder = '';
  let base = '';
  let anna: FakeMachine;
  let bert: FakeMachine;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'tokenrack-mutex-'));
    base = join(folder, 'lock');
    anna = new FakeMachine();
    bert = anna.process();
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  it('has one holder, and leaves nothing behind', () => {
    const mutex = Mutex.take(base, anna)!;
    expect(Mutex.take(base, bert)).to.equal(undefined);
    mutex.release();
    expect(readdirSync(folder)).to.deep.equal([]);
    Mutex.take(base, bert)!.release();
  });

  it('is taken over from a holder that died, and from a successor that died too', () => {
    Mutex.take(base, anna);
    anna.die();
    Mutex.take(base, bert);
    bert.die();
    const carl = anna.process();
    const mutex = Mutex.take(base, carl)!;
    expect(Mutex.take(base, anna.process())).to.equal(undefined);
    mutex.release();
    // The dead successor's claim is known to nobody any more.
    const next = Mutex.take(base, carl)!;
    next.release();
    expect(readdirSync(folder)).to.deep.equal([]);
  });

  it('is taken over from one that died while it let go', () => {
    expect(Mutex.take(base, anna)!.seal()).to.equal(true);
    expect(Mutex.take(base, bert)).to.equal(undefined);
    anna.die();
    Mutex.take(base, bert)!.release();
    expect(readdirSync(folder)).to.deep.equal([]);
  });

  it('is taken over from one that was stopped for long, which then may change nothing', () => {
    const stopped = Mutex.take(base, anna)!;
    bert.us += 10_000_001;
    const mutex = Mutex.take(base, bert)!;
    expect(stopped.seal()).to.equal(false);
    stopped.release();
    const carl = bert.process();
    expect(Mutex.take(base, carl)).to.equal(undefined);
    expect(mutex.seal()).to.equal(true);
    mutex.release();
    Mutex.take(base, carl)!.release();
  });

  it('is no lock when a power cut left it empty, or a reboot its holder dead', () => {
    writeFileSync(base, '');
    Mutex.take(base, anna)!.release();
    Mutex.take(base, anna);
    bert.boot = 'another';
    Mutex.take(base, bert)!.release();
    expect(readdirSync(folder)).to.deep.equal([]);
  });
});
