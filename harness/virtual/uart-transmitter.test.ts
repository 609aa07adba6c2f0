import { expect } from 'chai';
import { VirtualClock } from './clock.js';
import { type SentBytes, UartTransmitter } from './uart-transmitter.js';

/** A rate at which a character takes 10 us. */
const baudRate = 1_000_000;

describe('UART transmitter', () => {
  const make = () => {
    const clock = new VirtualClock();
    const sent: SentBytes[] = [];
    const transmitter = new UartTransmitter(clock, 128, baudRate, (bytes) => sent.push(bytes));
    return { clock, sent, transmitter };
  };

  it('takes what fits the FIFO at once, and blocks for the rest', () => {
    const { clock, transmitter } = make();
    transmitter.write(new Uint8Array(128));
    expect(clock.totalUs).to.equal(0);
    transmitter.write(new Uint8Array(10));
    expect(clock.totalUs).to.equal(100);
    transmitter.flush();
    expect(clock.totalUs).to.equal(1380);
  });

  it('stamps bytes with the end of their last stop bit, behind what was queued', () => {
    const { clock, sent, transmitter } = make();
    transmitter.write(new Uint8Array(3));
    transmitter.write(new Uint8Array(2));
    clock.advanceTo(1000);
    transmitter.write(new Uint8Array(1));
    expect(sent.map(({ endUs }) => endUs)).to.deep.equal([30, 50, 1010]);
  });

  it('keeps its own copy, and sends at the rate that is set', () => {
    const { sent, transmitter } = make();
    const memory = Uint8Array.of(1, 2, 3);
    transmitter.write(memory);
    memory.fill(0);
    transmitter.setBaud(2 * baudRate);
    transmitter.write(Uint8Array.of(4, 5));
    expect(sent.map(({ bytes }) => [...bytes])).to.deep.equal([
      [1, 2, 3],
      [4, 5],
    ]);
    expect(sent[1]).to.include({ endUs: 40, baudRate: 2 * baudRate });
  });
});
