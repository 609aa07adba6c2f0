import { expect } from 'chai';
import { AppUart } from './app-uart.js';
import { CounterBlock } from './board-counters.js';
import { ExternalReset } from './chip-signals.js';
import { VirtualClock } from './clock.js';
import { loadCostTable } from './cost-table.js';
import { HostInput } from './host-input.js';
import { virtualPace } from './pace.js';
import { PowerSupply } from './power-supply.js';
import { ResetPins } from './reset-pins.js';
import { ScriptedMailbox, type ScriptStep } from './testing/scripted-mailbox.js';
import type { HostMessage } from './thread-messages.js';
import { UartTransmitter } from './uart-transmitter.js';

/** A rate at which a character takes 10 us. */
const baudRate = 1_000_000;
const said = (text: string, rate = baudRate): HostMessage => ({
  kind: 'bytes',
  bytes: Buffer.from(text),
  baudRate: rate,
});

describe('UART of the app', () => {
  const make = (...script: ScriptStep[]) => {
    const mailbox = new ScriptedMailbox(script);
    const counters = new CounterBlock();
    const clock = new VirtualClock();
    const power = new PowerSupply();
    const pins = new ResetPins({ dtr: false, rts: false });
    const input = new HostInput(mailbox, pins, undefined, () => {});
    const transmitter = new UartTransmitter(clock, 128, baudRate, () => {});
    const deps = { table: loadCostTable(), clock, transmitter, input, pace: virtualPace, counters, power };
    return { uart: new AppUart(deps), mailbox, counters, clock, transmitter };
  };
  const text = (bytes: Uint8Array) => Buffer.from(bytes).toString();

  it('stands still while it waits, then takes bytes at the pace of the wire', () => {
    const { uart, mailbox, clock, counters } = make(said('hello\n'));
    expect(text(uart.read(100, -1))).to.equal('hello\n');
    expect(mailbox.waits).to.deep.equal([undefined]);
    expect(clock.totalUs, '6 characters, and 4 of idle line').to.equal(100);
    expect(counters.get('uartReceivedBytes')).to.equal(6);
  });

  it('is the same for a host that answered early: bytes start when the board asks, and its own output has left', () => {
    const late = make(said('ok\n'));
    late.transmitter.write(new Uint8Array(50));
    late.uart.read(100, -1);
    const early = make();
    early.transmitter.write(new Uint8Array(50));
    early.mailbox.put(said('ok\n'));
    early.uart.read(100, -1);
    expect(early.clock.totalUs).to.equal(500 + 70);
    expect(late.clock.totalUs).to.equal(early.clock.totalUs);
  });

  it('gives no more than asked, and the rest at once', () => {
    const { uart, clock } = make(said('abcdef'));
    expect(text(uart.read(2, -1))).to.equal('ab');
    const nowUs = clock.totalUs;
    expect(text(uart.read(10, -1))).to.equal('cdef');
    expect(clock.totalUs).to.equal(nowUs);
  });

  it('times out by exactly its timeout when the host was quiet for as long, and at least 100 ms', () => {
    const { uart, mailbox, clock } = make('quiet', 'quiet');
    expect(uart.read(10, 2_000_000).length).to.equal(0);
    expect(clock.totalUs).to.equal(2_000_000);
    expect(uart.read(10, 5000).length).to.equal(0);
    expect(clock.totalUs).to.equal(2_005_000);
    expect(mailbox.waits).to.deep.equal([2000, 100]);
  });

  it('waits anew after each thing that the host does', () => {
    const released = { kind: 'lines', lines: { dtr: true, rts: false }, sequence: 0 } as const;
    const { uart, mailbox, clock } = make(released, 'quiet');
    uart.read(10, 500_000);
    expect(mailbox.waits).to.deep.equal([500, 500]);
    expect(clock.totalUs).to.equal(500_000);
  });

  it('polls without waiting, and finds what has arrived meanwhile', () => {
    const { uart, mailbox, clock } = make();
    mailbox.put(said('\x18'));
    expect(uart.read(1, 0).length, 'its bits are only starting').to.equal(0);
    clock.advance(1000);
    expect([...uart.read(1, 0)]).to.deep.equal([0x18]);
    expect(mailbox.waits).to.deep.equal([]);
  });

  it('overruns when the host sends on while the board computes, and counts what is lost', () => {
    const { uart, clock, counters } = make(said('x'.repeat(9000)));
    expect(uart.read(1, -1).length).to.equal(1);
    clock.advance(1_000_000);
    const kept = uart.read(9000, 0).length + uart.read(9000, 0).length;
    expect(counters.get('uartOverruns')).to.be.above(0);
    expect(kept + 1 + counters.get('uartDroppedBytes')).to.equal(9000);
  });

  it('hears garbage from a host at another rate', () => {
    const { uart } = make(said('hello hello hello\n', 115_200));
    expect(text(uart.read(100, -1))).not.to.include('hello');
  });

  it('unwinds the app when EN goes low while it waits', () => {
    const { uart } = make({ kind: 'lines', lines: { dtr: false, rts: true }, sequence: 1 });
    expect(() => uart.read(1, -1)).to.throw(ExternalReset);
  });
});
