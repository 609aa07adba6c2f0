import { expect } from 'chai';
import { enterLoader, hardReset } from './reset-lines.js';
import { FakeTimers } from './testing/fake-timers.js';
import { openScriptedPort, settle } from './testing/scripted-port.js';

/** Runs one sequence, and gives each setting of the lines with the millisecond it came at. */
async function sequence(act: typeof hardReset): Promise<unknown[]> {
  const { stream, device } = await openScriptedPort();
  const timers = new FakeTimers();
  const seen: unknown[] = [];
  device.onSet = ({ dtr, rts }) => seen.push([timers.nowUs() / 1000, { dtr, rts }]);
  const done = act(stream, timers);
  for (let step = 0; step < 20; step++) {
    await settle();
    timers.advance(10);
  }
  await done;
  return seen;
}

describe('reset lines', () => {
  it('resets into the app: EN low for 100 ms, IO0 never', async () => {
    expect(await sequence(hardReset)).to.deep.equal([
      [0, { dtr: false, rts: true }],
      [100, { dtr: false, rts: false }],
    ]);
  });

  it('enters the loader: IO0 low when EN rises, both released in the end', async () => {
    expect(await sequence(enterLoader)).to.deep.equal([
      [0, { dtr: false, rts: true }],
      [100, { dtr: true, rts: false }],
      [150, { dtr: false, rts: false }],
    ]);
  });

  it('says so when the port refuses', async () => {
    const refusing = {
      set: (_: unknown, callback: (error: Error | null) => void) => callback(new Error('no such line')),
    };
    const error = await hardReset(refusing).catch((caught: unknown) => caught);
    expect(error).to.include({ code: 'reset-lines', failureClass: 'infra-fail' });
    expect((error as Error).message).to.include('no such line');
  });
});
