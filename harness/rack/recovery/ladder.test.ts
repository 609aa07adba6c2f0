import { expect } from 'chai';
import { boardSchema } from '../rack-schema.js';
import { decide, rungsOf } from './ladder.js';
import type { RecoveryReport, RecoveryStep } from './report.js';

const mac = '24:6f:28:00:00:09';
const usb = (power?: object) =>
  boardSchema.parse({ id: 'cam-9', link: 'usb', port: '/dev/ttyUSB9', mac, ...(power && { power }) });

const report = (step: RecoveryStep, fixed = false): RecoveryReport => ({ step, elapsedMs: 1, fixed });

describe('the recovery ladder', () => {
  it('has only the rungs that the board has', () => {
    const lines = ['reset', 'long-reset', 'reopen'];
    expect(rungsOf(usb())).to.deep.equal(lines);
    expect(rungsOf(usb({ kind: 'uhubctl', hub: '1-1', port: 2 }))).to.deep.equal([...lines, 'port-power']);
    expect(rungsOf(usb({ kind: 'command', on: ['a'], off: ['b'] }))).to.deep.equal([...lines, 'power-hook']);
    const virtual = boardSchema.parse({ id: 'cam-1', link: 'virtual', mac });
    expect(rungsOf(virtual)).to.deep.equal([...lines, 'port-power']);
  });

  it('is climbed one rung at a time, gentlest first, and ends when the board answers', () => {
    const rungs = rungsOf(usb());
    expect(decide(rungs, [], 'nothing')).to.deep.equal({ do: 'try', step: 'reset' });
    expect(decide(rungs, [report('reset')], 'nothing')).to.deep.equal({ do: 'try', step: 'long-reset' });
    expect(decide(rungs, [report('reset', true)], 'board')).to.deep.equal({ do: 'end', outcome: 'back' });
  });

  it('ends beyond recovery when no rung is left', () => {
    const all = rungsOf(usb()).map((step) => report(step));
    expect(decide(rungsOf(usb()), all, 'nothing')).to.deep.equal({ do: 'end', outcome: 'beyond-recovery' });
  });

  it('leaves a board alone that is another one', () => {
    expect(decide(rungsOf(usb()), [report('reset')], 'other-board')).to.deep.equal({
      do: 'end',
      outcome: 'other-board',
    });
  });
});
