import { expect } from 'chai';
import { z } from 'zod';
import { ConfigError } from '../errors.js';
import { parseYaml } from './yaml-file.js';

const schema = z.strictObject({
  name: z.string(),
  boards: z.array(z.strictObject({ id: z.string(), rate: z.number().optional() })).optional(),
});

function fault(text: string): string {
  try {
    parseYaml(text, 'rack.yaml', schema);
  } catch (error) {
    expect(error).to.be.instanceOf(ConfigError);
    return (error as Error).message;
  }
  throw new Error('nothing was refused');
}

describe('parseYaml', () => {
  it('returns what the schema describes', () => {
    expect(parseYaml('name: a\nboards:\n  - id: x\n', 'rack.yaml', schema)).to.deep.equal({
      name: 'a',
      boards: [{ id: 'x' }],
    });
  });

  it('says that a file is empty', () => {
    expect(fault('')).to.equal('rack.yaml: the file is empty');
    expect(fault('# boards\n')).to.equal('rack.yaml: the file has only comments');
  });

  it('names an unknown key and its line', () => {
    expect(fault('name: a\nboards:\n  - id: x\n    speed: 9\n')).to.equal(
      'rack.yaml:4: unknown key "speed" in boards.0',
    );
    expect(fault('name: a\ncolour: red\n')).to.equal('rack.yaml:2: unknown key "colour"');
  });

  it('names the line of a wrong value', () => {
    expect(fault('name: a\nboards:\n  - id: x\n    rate: fast\n')).to.match(
      /^rack\.yaml:4: boards\.0\.rate: /,
    );
  });

  it('names the line of a syntax error, on one line', () => {
    const message = fault('name: a\nboards: [\n');
    expect(message).to.match(/^rack\.yaml:[23]: /);
    expect(message).not.to.contain('\n');
  });

  it('points at the parent when a key is missing', () => {
    expect(fault('boards:\n  - id: x\n')).to.match(/^rack\.yaml:1: name: /);
  });
});
