import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { ConfigError } from '../errors.js';
import { defaultCostTablePath, loadCostTable } from './cost-table.js';

describe('cost table', () => {
  let folder = '';
  const original = readFileSync(defaultCostTablePath, 'utf8');
  const failure = (text: string): ConfigError => {
    const path = join(folder, 'table.json');
    writeFileSync(path, text);
    try {
      loadCostTable(path);
    } catch (error) {
      if (error instanceof ConfigError) return error;
      throw error;
    }
    throw new Error('the table was accepted');
  };

  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'tokenrack-costs-'));
  });
  after(() => rmSync(folder, { recursive: true }));

  it('reads the one that comes with the package', () => {
    expect(loadCostTable().cpuMhz).to.include({ value: 240, unit: 'MHz' });
  });

  it('names the file and the entry that is wrong', () => {
    const { message, code } = failure(original.replace('"value": 3.7', '"value": -1'));
    expect(code).to.equal('cost-table');
    expect(message).to.include('table.json: card.sequentialOneBit.value:');
  });

  it('refuses a figure without a source, and one in another unit', () => {
    expect(failure(original.replace(/"source": "ESP32 datasheet[^"]*"/, '"source": ""')).message).to.include(
      'cpuMhz.source',
    );
    expect(failure(original.replace('"unit": "MHz"', '"unit": "GHz"')).message).to.include('cpuMhz.unit');
  });

  it('refuses keys that it does not know', () => {
    expect(failure(original.replace('"board"', '"turbo": 2, "board"')).message).to.include('turbo');
  });

  it('says so when the file is missing or is not JSON', () => {
    expect(failure('{ "board": ').message).to.match(/table\.json is not JSON: /);
    expect(() => loadCostTable(join(folder, 'missing.json'))).to.throw(
      ConfigError,
      /missing\.json cannot be read/,
    );
  });
});
