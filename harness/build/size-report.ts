import { join } from 'node:path';
import { ConfigError, toTokenrackError } from '../errors.js';
import { packageRoot } from '../paths.js';
import { measureComponent, sizedComponents } from './size-report-objects.js';
import { sizeTable } from './size-report-table.js';
import { findXtensaCompiler } from './xtensa-compiler.js';

/** `node dist/build/size-report.js`: how large the firmware's components are on a small Xtensa core. */
function main(): void {
  const compiler = findXtensaCompiler();
  if (typeof compiler === 'string') throw new ConfigError('no-xtensa-compiler', compiler);
  const measured = ['-O2', '-Os'].flatMap((level) =>
    sizedComponents.map((name) => measureComponent(join(packageRoot, 'firmware'), name, level, compiler)),
  );
  process.stdout.write(`bytes, by ${compiler.command} ${compiler.version}\n${sizeTable(measured)}\n`);
}

try {
  main();
} catch (error) {
  const known = toTokenrackError(error);
  if (known === undefined) throw error;
  process.stderr.write(`${known.message}\n`);
  process.exitCode = 2;
}
