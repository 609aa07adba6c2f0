import { join } from 'node:path';
import { readEnvironment } from '../config/environment.js';
import { ConfigError, toTokenrackError } from '../errors.js';
import { packageRoot } from '../paths.js';
import { checkPort } from './port-check-compile.js';
import { findIdfHeaders } from './port-check-headers.js';
import { findXtensaCompiler } from './xtensa-compiler.js';

/** `IDF_PATH=... node dist/build/port-check.js`: type-checks the ESP32 port (CONTRIBUTING.md). */
function main(): number {
  const compiler = findXtensaCompiler();
  if (typeof compiler === 'string') throw new ConfigError('no-xtensa-compiler', compiler);
  const headers = findIdfHeaders(readEnvironment().idfFolder);
  const { files, problems } = checkPort(join(packageRoot, 'firmware'), headers, compiler);
  for (const { variant, said } of problems) process.stderr.write(`with ${variant}:\n${said}\n`);
  const against = `${files.length} files against ESP-IDF ${headers.version ?? 'of unknown version'}`;
  if (problems.length === 0) process.stdout.write(`firmware/main type-checks: ${against}\n`);
  return problems.length === 0 ? 0 : 1;
}

try {
  process.exitCode = main();
} catch (error) {
  const known = toTokenrackError(error);
  if (known === undefined) throw error;
  process.stderr.write(`${known.message}\n`);
  process.exitCode = 2;
}
