import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import { packageRoot } from '../paths.js';
import { rackJsonSchema, schemaFile } from './rack-json-schema.js';

interface Schema {
  readonly description?: string;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly items?: Schema;
  readonly oneOf?: readonly Schema[];
}

const schema = rackJsonSchema() as Schema;
const boards = schema.properties?.boards?.items?.oneOf ?? [];

describe('JSON schema of rack.yaml', () => {
  it('is the committed one: make it anew with `tokenrack rack schema`, and format it', async () => {
    const committed = JSON.parse(await readFile(join(packageRoot, schemaFile), 'utf8'));
    expect(committed).to.deep.equal(JSON.parse(JSON.stringify(schema)));
  });

  it('asks of a board only what defaults cannot give and what has no default of its own', () => {
    expect(boards.map((board) => board.required)).to.deep.equal([
      ['id', 'mac', 'link'],
      ['id', 'mac', 'link', 'port'],
      ['id', 'mac', 'link', 'host', 'port'],
    ]);
    const given = Object.keys(schema.properties?.defaults?.properties ?? {});
    expect(given).to.include.members(['labels', 'power', 'cost_table']);
    for (const board of boards) expect(board.required).not.to.have.any.members(given);
    expect(schema.required).to.deep.equal(['boards']);
  });

  it('describes every key that a board may have', () => {
    for (const board of boards)
      for (const [key, { description = '' }] of Object.entries(board.properties ?? {}))
        expect(description, key).to.match(/\w{3}/);
  });

  it('is named in the packaged rack, for editors', async () => {
    const text = await readFile(join(packageRoot, 'fixtures/racks/virtual.yaml'), 'utf8');
    expect(text.split('\n')[0]).to.equal('# yaml-language-server: $schema=rack.schema.json');
  });
});
