import { expect } from 'chai';
import { readEnvironment } from '../../config/environment.js';
import { toLine, unescapeTag } from './line-protocol.js';
import type { FieldValue, Point } from './point.js';
import { Influxd } from './testing/influxd.js';
import { describeWithInfluxd } from './testing/influxd-tier.js';
import { schemaFields } from './testing/schema-fields.js';

/** What line protocol, InfluxQL or a shell might trip over. */
const hostile = [
  'Once upon a time',
  'commas, equals=signs and spaces',
  'line\nfeed, carriage\rreturn, tab\tand nul\u0000',
  'back\\slash, two\\\\, before a comma\\, and at the end\\',
  `quotes ' and " and \``,
  'percent %0A, %5C and % alone',
  'ünïcödé, 日本語, עברית',
  'emoji 🐶👩‍👩‍👧, combining e\u0301, line separator \u2028',
  'm,board=cam-1 value=1 1\nm value=2 2',
  "'; DROP DATABASE tokenrack; --",
  ' leading and trailing ',
  '# not a comment',
  '=',
  ',',
  '\\',
  '\n',
];

const start = 1_764_547_200_000_000_000n;

describeWithInfluxd('what toLine writes, in a real influxd', readEnvironment().requiredTools, () => {
  let server: Influxd;
  before(async () => {
    server = await Influxd.start();
  });
  after(() => server[Symbol.asyncDispose]());

  it('gives back every hostile tag value as it was, in SHOW TAG VALUES and in a query', async () => {
    const points = hostile.map(
      (prompt, index): Point => ({
        measurement: 'hostile',
        tags: { board: 'cam-1', prompt },
        fields: { value: index, said: prompt },
        timestampNs: start + BigInt(index),
      }),
    );
    await server.write(points.map(toLine));
    const [values] = await server.query('SHOW TAG VALUES FROM "hostile" WITH KEY = "prompt"');
    const shown = values!.values.map(([, value]) => unescapeTag(String(value)));
    expect(shown).to.have.members(hostile);
    const [rows] = await server.query('SELECT "prompt", "value", "said" FROM "hostile"');
    expect(rows!.values).to.have.length(hostile.length);
    for (const [index, [time, prompt, value, said]] of rows!.values.entries()) {
      expect(time).to.equal(String(start + BigInt(index)));
      expect(unescapeTag(String(prompt))).to.equal(hostile[index]);
      expect(value).to.equal(index);
      expect(said).to.equal(hostile[index]);
    }
  });

  it('changes nothing when the same lines are sent twice', async () => {
    const line = (nth: number): string =>
      toLine({
        measurement: 'twice',
        tags: { board: 'cam-1' },
        fields: { value: nth },
        timestampNs: start + BigInt(nth),
      });
    const lines = Array.from({ length: 50 }, (_, nth) => line(nth));
    await server.write(lines);
    await server.write(lines.toReversed());
    const [count] = await server.query('SELECT count("value"), sum("value") FROM "twice"');
    expect(count!.values[0]!.slice(1)).to.deep.equal([50, 1225]);
  });

  for (const [measurement, { text, integer, float }] of Object.entries(schemaFields)) {
    it(`keeps the types of the schema's fields of ${measurement}`, async () => {
      const fields: Record<string, FieldValue> = {};
      for (const name of text) fields[name] = 'a "quoted", \\ text';
      for (const name of integer) fields[name] = 7n;
      // A whole number must stay a float: what is 6 tonight is 6.5 tomorrow.
      for (const name of float) fields[name] = 6;
      await server.write(toLine({ measurement, tags: { board: 'types-only' }, fields, timestampNs: start }));
      const [keys] = await server.query(`SHOW FIELD KEYS FROM "${measurement}"`);
      const types = Object.fromEntries(keys!.values.map(([name, type]) => [String(name), type]));
      for (const name of text) expect(types[name], name).to.equal('string');
      for (const name of integer) expect(types[name], name).to.equal('integer');
      for (const name of float) expect(types[name], name).to.equal('float');
      const [row] = await server.query(`SELECT * FROM "${measurement}"`);
      const values = Object.fromEntries(row!.columns.map((name, at) => [name, row!.values[0]![at]]));
      for (const name of text) expect(values[name], name).to.equal('a "quoted", \\ text');
      for (const name of integer) expect(values[name], name).to.equal(7);
    });
  }
});
