import { expect } from 'chai';
import { TelnetParser, telnet } from './telnet.js';
import { TelnetOptions } from './telnet-options.js';

const { will, wont, do: please, dont } = telnet;

function makeEnd(wanted: readonly number[]) {
  const sent: number[][] = [];
  const options = new TelnetOptions(wanted, (bytes) => sent.push([...bytes].slice(1)));
  return { options, sent };
}

describe('telnet options', () => {
  it('agrees to what is wanted and refuses the rest', () => {
    const { options, sent } = makeEnd([0]);
    options.receive(will, 0);
    options.receive(please, 0);
    options.receive(will, 31);
    options.receive(please, 1);
    expect(sent).to.deep.equal([
      [please, 0],
      [will, 0],
      [dont, 31],
      [wont, 1],
    ]);
    expect([options.state('them', 0), options.state('us', 1)]).to.deep.equal(['on', 'off']);
  });

  it('takes an answer without answering it', () => {
    const { options, sent } = makeEnd([44]);
    options.ask();
    sent.length = 0;
    options.receive(please, 44);
    options.receive(please, 44);
    options.receive(wont, 44);
    expect(sent).to.deep.equal([]);
    expect([options.state('us', 44), options.state('them', 44)]).to.deep.equal(['on', 'refused']);
  });

  it('confirms once that an option is switched off', () => {
    const { options, sent } = makeEnd([0]);
    options.receive(please, 0);
    sent.length = 0;
    options.receive(dont, 0);
    options.receive(dont, 0);
    expect(sent).to.deep.equal([[wont, 0]]);
  });

  it('comes to an end when both ends ask for everything at once', () => {
    const wire: { from: string; bytes: Uint8Array }[] = [];
    const ends = ['a', 'b'].map(
      (from) => new TelnetOptions([0, 3, 44], (bytes) => wire.push({ from, bytes })),
    );
    for (const end of ends) end.ask();
    for (let at = 0; at < wire.length && at < 100; at++) {
      const { from, bytes } = wire[at]!;
      const [record] = new TelnetParser().push(bytes);
      if (record?.kind === 'negotiation') ends[from === 'a' ? 1 : 0]!.receive(record.verb, record.option);
    }
    expect(wire).to.have.length(12);
    for (const end of ends)
      for (const side of ['us', 'them'] as const) expect(end.state(side, 44)).to.equal('on');
  });
});
