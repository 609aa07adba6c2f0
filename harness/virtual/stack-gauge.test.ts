import { expect } from 'chai';
import { FirmwareAbort } from './chip-signals.js';
import { StackGauge, unknownStackBytes } from './stack-gauge.js';

describe('stack gauge', () => {
  it('remembers the deepest the stack has been', () => {
    const pointer = new WebAssembly.Global({ value: 'i32', mutable: true }, 65_536);
    const gauge = new StackGauge(8192, pointer);
    pointer.value = 65_536 - 3000;
    gauge.sample();
    pointer.value = 65_536 - 100;
    gauge.sample();
    expect(gauge.freeBytes).to.equal(5192);
  });

  it('ends the app when its task would have overflowed', () => {
    const pointer = new WebAssembly.Global({ value: 'i32', mutable: true }, 65_536);
    const gauge = new StackGauge(8192, pointer);
    pointer.value = 65_536 - 8193;
    expect(() => gauge.sample()).to.throw(FirmwareAbort, 'stack overflow');
  });

  it('does not know without the pointer', () => {
    const gauge = new StackGauge(8192, undefined);
    gauge.sample();
    expect(gauge.freeBytes).to.equal(unknownStackBytes);
  });
});
