import { expect } from 'chai';
import { clientFrame, comPort, rateBytes, serverOffset } from './com-port.js';
import { Rfc2217Session } from './rfc2217-session.js';
import { escapeIac, TelnetParser, telnet } from './telnet.js';

/** A session with a client's hands on one end and an adapter's notes on the other. */
function makeSession() {
  const noted: unknown[] = [];
  const adapter = {
    lines: { dtr: false, rts: false },
    baudRate: 115_200,
    setLines(lines: { dtr: boolean; rts: boolean }) {
      adapter.lines = lines;
      noted.push(lines);
    },
    setBaud(baudRate: number) {
      adapter.baudRate = baudRate;
      noted.push(baudRate);
    },
    write: (bytes: Uint8Array) => noted.push(Buffer.from(bytes).toString('latin1')),
  };
  const wire = { backlog: 0, sent: [] as number[] };
  const session = new Rfc2217Session(adapter, {
    send: (bytes) => void wire.sent.push(...bytes),
    backlogBytes: () => wire.backlog,
  });
  /** What the server sent since the last look: data as text, answers as [command, ...value]. */
  const answers = (): unknown[] =>
    new TelnetParser().push(Uint8Array.from(wire.sent.splice(0))).flatMap((record): unknown[] => {
      if (record.kind === 'data') return [Buffer.from(record.bytes).toString('latin1')];
      if (record.kind !== 'subnegotiation') return [];
      return [[record.body[0]! - serverOffset, ...record.body.slice(1)]];
    });
  const ask = (command: number, ...value: number[]): unknown[] => {
    session.receive(clientFrame(command as 0, Uint8Array.from(value)));
    return answers();
  };
  return { session, noted, wire, answers, ask };
}

describe('RFC 2217 session', () => {
  it('asks for BINARY, SGA and COM-PORT-OPTION, and tells the modem lines once that is agreed', () => {
    const { session, wire, answers } = makeSession();
    session.start();
    const asked = new TelnetParser().push(Uint8Array.from(wire.sent));
    expect(asked.map((record) => 'option' in record && record.option)).to.deep.equal([0, 0, 3, 3, 44, 44]);
    wire.sent.length = 0;
    session.receive(Uint8Array.of(telnet.iac, telnet.will, 44, telnet.iac, telnet.will, 44));
    expect(answers()).to.deep.equal([[comPort.notifyModemState, 0]]);
  });

  it('sets the rate, tells it when asked by 0, and keeps it when the new one is no rate', () => {
    const { noted, ask } = makeSession();
    const fast = [...rateBytes(921_600)];
    expect(ask(comPort.setBaudRate, ...fast)).to.deep.equal([[comPort.setBaudRate, ...fast]]);
    expect(ask(comPort.setBaudRate, 0, 0, 0, 0)).to.deep.equal([[comPort.setBaudRate, ...fast]]);
    expect(ask(comPort.setBaudRate, 255, 255, 255, 255)).to.deep.equal([[comPort.setBaudRate, ...fast]]);
    expect(ask(comPort.setBaudRate, 1)).to.deep.equal([[comPort.setBaudRate, ...fast]]);
    expect(noted).to.deep.equal([921_600]);
  });

  it('drives DTR and RTS one by one, and tells how they stand', () => {
    const { noted, ask } = makeSession();
    const said = [8, 11, 7, 10, 9, 12, 7, 10].map((value) => ask(comPort.setControl, value)[0]);
    expect(said).to.deep.equal([8, 11, 8, 11, 9, 12, 9, 12].map((value) => [comPort.setControl, value]));
    expect(noted).to.deep.equal([
      { dtr: true, rts: false },
      { dtr: true, rts: true },
      { dtr: false, rts: true },
      { dtr: false, rts: false },
    ]);
  });

  it('answers by how things stand when it is asked for what the wire has not', () => {
    const { noted, ask } = makeSession();
    const asked = (command: number, value: number) => ask(command, value)[0];
    expect(asked(comPort.setDataSize, 7)).to.deep.equal([comPort.setDataSize, 8]);
    expect(asked(comPort.setParity, 3)).to.deep.equal([comPort.setParity, 1]);
    expect(asked(comPort.setStopSize, 2)).to.deep.equal([comPort.setStopSize, 1]);
    for (const flow of [0, 1, 2, 3, 17, 18, 19])
      expect(asked(comPort.setControl, flow), `flow ${flow}`).to.deep.equal([comPort.setControl, 1]);
    for (const inbound of [13, 14, 15, 16])
      expect(asked(comPort.setControl, inbound)).to.deep.equal([comPort.setControl, 14]);
    for (const brk of [4, 5, 6])
      expect(asked(comPort.setControl, brk)).to.deep.equal([comPort.setControl, 6]);
    expect(ask(comPort.setControl, 99)).to.deep.equal([]);
    expect(ask(77, 1)).to.deep.equal([]);
    expect(noted).to.deep.equal([]);
  });

  it('confirms masks, and reports line and modem state through them', () => {
    const { ask } = makeSession();
    expect(ask(comPort.setModemStateMask, 0xf0)).to.deep.equal([
      [comPort.setModemStateMask, 0xf0],
      [comPort.notifyModemState, 0],
    ]);
    expect(ask(comPort.setModemStateMask, 0)).to.deep.equal([[comPort.setModemStateMask, 0]]);
    expect(ask(comPort.setLineStateMask, 0x22)).to.deep.equal([
      [comPort.setLineStateMask, 0x22],
      [comPort.notifyLineState, 0x20],
    ]);
  });

  it('tells who it is, and takes the client saying so without an answer', () => {
    const { ask } = makeSession();
    const [[command, ...text]] = ask(comPort.signature) as [number[]];
    expect([command, Buffer.from(text).toString()]).to.deep.equal([0, 'tokenrack virtual ESP32-CAM']);
    expect(ask(comPort.signature, 112, 121)).to.deep.equal([]);
  });

  it('holds what the board sends while the client asks for a pause, and lets it go in order', () => {
    const { session, answers, ask } = makeSession();
    ask(comPort.suspend);
    session.hear(Buffer.from('one '));
    session.hear(Buffer.from('two'));
    expect(answers()).to.deep.equal([]);
    expect(ask(comPort.resume)).to.deep.equal(['one two']);
    session.hear(Buffer.from('three'));
    expect(answers()).to.deep.equal(['three']);
  });

  it('forgets on a purge what it holds, unless only the other direction is meant', () => {
    const { session, ask } = makeSession();
    for (const [direction, left] of [
      [1, []],
      [2, ['held']],
      [3, []],
    ] as const) {
      ask(comPort.suspend);
      session.hear(Buffer.from('held'));
      expect(ask(comPort.purgeData, direction)).to.deep.equal([[comPort.purgeData, direction]]);
      expect(ask(comPort.resume), `purge ${direction}`).to.deep.equal(left);
    }
  });

  it('takes commands and data in the order of their bytes', () => {
    const { session, noted } = makeSession();
    session.receive(
      Buffer.concat([
        escapeIac(Uint8Array.of(97, 255)),
        clientFrame(comPort.setBaudRate, rateBytes(460_800)),
        Buffer.from('b'),
        clientFrame(comPort.setControl, Uint8Array.of(11)),
        clientFrame(comPort.setControl, Uint8Array.of(12)),
      ]),
    );
    expect(noted.filter((note) => typeof note === 'number' || typeof note === 'object')).to.deep.equal([
      460_800,
      { dtr: false, rts: true },
      { dtr: false, rts: false },
    ]);
    expect(noted.slice(0, noted.indexOf(460_800)).join('')).to.equal('a\xff');
    expect(noted[noted.indexOf(460_800) + 1]).to.equal('b');
  });

  it('loses what a client that never reads would pile up, and says so as an overrun', () => {
    const { session, wire, answers, ask } = makeSession();
    ask(comPort.setLineStateMask, 0xff);
    wire.backlog = 16 << 20;
    session.hear(Buffer.from('x'));
    expect(answers()).to.deep.equal([[comPort.notifyLineState, 0x62]]);
  });
});
