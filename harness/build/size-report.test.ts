import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { readEnvironment } from '../config/environment.js';
import { ConfigError } from '../errors.js';
import { packageRoot } from '../paths.js';
import { type ComponentSize, measureComponent, sizedComponents } from './size-report-objects.js';
import { sizeTable, sumOf } from './size-report-table.js';
import { findXtensaCompiler, type XtensaCompiler } from './xtensa-compiler.js';

describe('the table of sizes', () => {
  it('sums a component up and names its largest objects, the largest first', () => {
    const objects = [
      { name: 'small', text: 10, data: 0, bss: 0 },
      { name: 'large', text: 100, data: 20, bss: 3 },
    ];
    const table = sizeTable([{ component: 'core', optimization: '-O2', objects }]).split('\n');
    expect(table.map((line) => line.split(/\s+/))).to.deep.equal([
      ['component', 'flags', 'text', 'data', 'bss'],
      ['core', '-O2', '110', '20', '3'],
      [''],
      ['core/large', '-O2', '100', '20', '3'],
      ['core/small', '-O2', '10', '0', '0'],
    ]);
  });
});

/** A folder like firmware/ with this one C file in tinyllm. */
function withSource(text: string, use: (firmware: string) => void): void {
  const firmware = mkdtempSync(join(tmpdir(), 'tokenrack-sized-'));
  mkdirSync(join(firmware, 'components/tinyllm/src'), { recursive: true });
  writeFileSync(join(firmware, 'components/tinyllm/src/tl_one.c'), text);
  try {
    use(firmware);
  } finally {
    rmSync(firmware, { recursive: true });
  }
}

describe('the firmware in C, for an Xtensa core', function () {
  this.timeout(120_000);
  const found = findXtensaCompiler();
  if (typeof found === 'string') {
    const required = readEnvironment().requiredTools.includes('xtensa');
    (required ? it : it.skip)(`is measured where its compiler is: ${found}`, () => {
      throw new Error(`TOKENRACK_REQUIRE asks for it: ${found}`);
    });
    return;
  }
  const compiler: XtensaCompiler = found;

  const measured: ComponentSize[] = [];

  for (const level of ['-O2', '-Os']) {
    it(`compiles at ${level} without a warning`, () => {
      for (const name of sizedComponents) {
        measured.push(measureComponent(join(packageRoot, 'firmware'), name, level, compiler));
      }
    });
  }

  it('has no data of its own that changes: its callers own all state', () => {
    expect(measured).to.have.length(2 * sizedComponents.length);
    for (const { component, objects } of measured) {
      expect(sumOf(objects).text, component).to.be.greaterThan(0);
      expect(
        objects.filter(({ data, bss }) => data + bss > 0),
        component,
      ).to.deep.equal([]);
    }
    console.log(sizeTable(measured));
  });

  it('tells code from data', () => {
    withSource(
      'int set = 7;\nchar cleared[40];\nint f(int a);\nint f(int a) { return a / 3; }\n',
      (firmware) => {
        const { objects } = measureComponent(firmware, 'tinyllm', '-O2', compiler);
        expect(objects).to.have.length(1);
        expect(objects[0]).to.include({ name: 'tl_one', data: 4, bss: 40 });
        expect(objects[0]!.text).to.be.greaterThan(0);
      },
    );
  });

  it('is refused with what the compiler said when it does not compile', () => {
    withSource('int f(void) { int unused; return 1; }\n', (firmware) => {
      const measure = () => measureComponent(firmware, 'tinyllm', '-O2', compiler);
      expect(measure).to.throw(ConfigError, /unused variable/);
    });
  });
});
