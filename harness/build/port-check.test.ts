import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { readEnvironment } from '../config/environment.js';
import { ConfigError } from '../errors.js';
import { packageRoot } from '../paths.js';
import { checkPort } from './port-check-compile.js';
import { findIdfHeaders } from './port-check-headers.js';
import { sdkconfigHeader } from './port-check-sdkconfig.js';
import { findXtensaCompiler } from './xtensa-compiler.js';

describe('the check of the ESP32 port', () => {
  it('makes an sdkconfig.h of defaults, of which the later ones win', () => {
    const header = sdkconfigHeader([
      '# a comment\nCONFIG_A=y\nCONFIG_B=n\nCONFIG_C="x.csv"\nCONFIG_D=5 \n',
      'CONFIG_A=n\nCONFIG_B=y\n',
    ]);
    const lines = header.split('\n');
    expect(lines).to.include.members([
      '#define CONFIG_B 1',
      '#define CONFIG_C "x.csv"',
      '#define CONFIG_D 5',
    ]);
    expect(header).not.to.include('CONFIG_A');
    expect(lines).to.include('#define CONFIG_IDF_TARGET_ESP32 1');
  });

  it('says that IDF_PATH is not set, or points elsewhere', () => {
    const empty = mkdtempSync(join(tmpdir(), 'tokenrack-no-idf-'));
    expect(() => findIdfHeaders(undefined)).to.throw(ConfigError, 'IDF_PATH is not set');
    expect(() => findIdfHeaders(empty)).to.throw(ConfigError, 'is no ESP-IDF');
    rmSync(empty, { recursive: true });
  });

  it('finds nothing wrong with firmware/main', function () {
    this.timeout(120_000);
    const { idfFolder } = readEnvironment();
    const compiler = findXtensaCompiler();
    if (idfFolder === undefined || typeof compiler === 'string') this.skip();
    const { problems } = checkPort(join(packageRoot, 'firmware'), findIdfHeaders(idfFolder), compiler);
    expect(problems.map(({ variant, said }) => `${variant}: ${said}`)).to.deep.equal([]);
  });
});
