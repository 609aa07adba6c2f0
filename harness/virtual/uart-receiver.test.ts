import { expect } from 'chai';
import { UartReceiver } from './uart-receiver.js';

const byteUs = 10;
const bytes = (count: number) => Uint8Array.from({ length: count }, (_, index) => index & 0xff);

describe('UART receiver', () => {
  const make = () => {
    const dropped: number[] = [];
    const shape = { fifoBytes: 128, ringBytes: 256, fullThresholdBytes: 120, idleSymbols: 10 };
    const receiver = new UartReceiver({ ...shape, onOverrun: (count) => dropped.push(count) });
    return { receiver, dropped };
  };

  it('gives a short line to the reader when the line was idle for ten characters', () => {
    const { receiver } = make();
    receiver.admit(bytes(5), 1000, byteUs);
    expect(receiver.nextEventUs()).to.equal(1010);
    receiver.advanceTo(1149);
    expect(receiver.availableBytes).to.equal(0);
    expect(receiver.nextEventUs()).to.equal(1150);
    receiver.advanceTo(1150);
    expect([...receiver.read(100)]).to.deep.equal([0, 1, 2, 3, 4]);
    expect(receiver.nextEventUs()).to.equal(undefined);
  });

  it('empties the FIFO at 120 bytes while more come in', () => {
    const { receiver } = make();
    receiver.admit(bytes(150), 0, byteUs);
    receiver.advanceTo(1200);
    expect(receiver.availableBytes).to.equal(120);
    receiver.advanceTo(1600);
    expect(receiver.availableBytes).to.equal(150);
  });

  it('puts bytes behind those that are on the wire', () => {
    const { receiver } = make();
    receiver.admit(bytes(2), 0, byteUs);
    receiver.admit(Uint8Array.of(99), 5, byteUs);
    receiver.advanceTo(29);
    receiver.advanceTo(130);
    expect([...receiver.read(10)]).to.deep.equal([0, 1, 99]);
  });

  it('holds 256 + 128 bytes for a reader that is busy, and hands them all over', () => {
    const { receiver, dropped } = make();
    receiver.admit(bytes(384), 0, byteUs);
    receiver.advanceTo(100_000);
    expect(receiver.read(1000).length).to.equal(256);
    expect(receiver.read(1000).length).to.equal(128);
    expect(dropped).to.deep.equal([]);
  });

  it('loses the whole FIFO with the byte that found it full, as the driver clears it, and says so', () => {
    const { receiver, dropped } = make();
    receiver.admit(bytes(390), 0, byteUs);
    receiver.advanceTo(100_000);
    expect(dropped).to.deep.equal([129]);
    const kept = [...receiver.read(1000), ...receiver.read(1000)];
    expect(kept).to.deep.equal([...bytes(390)].filter((_, index) => index < 256 || index >= 385));
  });
});
