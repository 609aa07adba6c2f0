import { expect } from 'chai';
import { escapeIac, subnegotiation, TelnetParser, type TelnetRecord } from './telnet.js';

/** Neighbouring data records are one stream. */
function join(records: readonly TelnetRecord[]): unknown[] {
  const joined: unknown[] = [];
  let data: number[] = [];
  let inData = false;
  for (const record of records) {
    if (record.kind !== 'data')
      joined.push(record.kind === 'subnegotiation' ? { ...record, body: [...record.body] } : record);
    else if (inData) data.push(...record.bytes);
    else {
      data = [...record.bytes];
      joined.push({ data });
    }
    inData = record.kind === 'data';
  }
  return joined;
}

describe('telnet parser', () => {
  const stream = Uint8Array.of(
    ...[1, 255, 255, 2, 255, 253, 44, 3],
    ...[255, 250, 44, 1, 255, 255, 0, 255, 240],
    ...[4, 255, 241, 5],
  );
  const taken = [
    { data: [1, 255, 2] },
    { kind: 'negotiation', verb: 253, option: 44 },
    { data: [3] },
    { kind: 'subnegotiation', option: 44, body: [1, 255, 0] },
    { data: [4] },
    { kind: 'command', code: 241 },
    { data: [5] },
  ];

  it('takes a stream apart, wherever it is split', () => {
    for (let cut = 0; cut <= stream.length; cut++) {
      const parser = new TelnetParser();
      const records = [...parser.push(stream.subarray(0, cut)), ...parser.push(stream.subarray(cut))];
      expect(join(records), `split at ${cut}`).to.deep.equal(taken);
    }
  });

  it('gives up a subnegotiation that does not end, and goes on', () => {
    const parser = new TelnetParser();
    const endless = parser.push(Uint8Array.of(255, 250, 44, ...new Uint8Array(1100)));
    expect(endless[0]).to.deep.equal({ kind: 'malformed', bytes: 1025 });
    expect(join(parser.push(Uint8Array.of(7)))).to.deep.equal([{ data: [7] }]);
    expect(parser.push(Uint8Array.of(255, 250, 44, 1, 255, 7))).to.deep.equal([
      { kind: 'malformed', bytes: 2 },
    ]);
    expect(parser.push(Uint8Array.of(255, 250, 255, 240))).to.deep.equal([{ kind: 'malformed', bytes: 0 }]);
  });

  it('reads back every byte that was escaped', () => {
    const all = Uint8Array.from({ length: 512 }, (_, index) => index % 256);
    expect(join(new TelnetParser().push(escapeIac(all)))).to.deep.equal([{ data: [...all] }]);
    expect(join(new TelnetParser().push(subnegotiation(44, all)))).to.deep.equal([
      { kind: 'subnegotiation', option: 44, body: [...all] },
    ]);
  });
});
