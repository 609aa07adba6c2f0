import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { IdfHeaders } from './port-check-headers.js';
import { sdkconfigHeader } from './port-check-sdkconfig.js';
import { runCompiler, type XtensaCompiler } from './xtensa-compiler.js';

/** What the port is built with: files of the firmware folder, a later one over an earlier one. */
export const portVariants: readonly (readonly string[])[] = [
  ['sdkconfig.defaults'],
  ['sdkconfig.defaults', 'sdkconfig.4bit'],
  ['sdkconfig.defaults', 'sdkconfig.rev3'],
];

export interface PortProblem {
  readonly variant: string;
  readonly said: string;
}

export interface PortCheck {
  /** Names of the C files that were checked, once for each variant. */
  readonly files: readonly string[];
  readonly problems: readonly PortProblem[];
}

const strict = ['-fsyntax-only', '-std=gnu17', '-Wall', '-Wextra', '-Werror', '-DESP_PLATFORM'];

/** Calls that ESP-IDF's headers must refuse: were they let pass, the check would see nothing. */
const wrongCalls = [
  '#include "driver/uart.h"\nvoid f(void);\nvoid f(void) { uart_set_baudrate(UART_NUM_0, "fast"); }\n',
  '#include "esp_partition.h"\nvoid f(void);\nvoid f(void) { esp_partition_erase_range(0, 0); }\n',
];

/** Type-checks firmware/main against ESP-IDF's headers. Nothing is linked, nothing runs. */
export function checkPort(firmware: string, headers: IdfHeaders, compiler: XtensaCompiler): PortCheck {
  const files = readdirSync(join(firmware, 'main')).filter((name) => name.endsWith('.c'));
  const folder = mkdtempSync(join(tmpdir(), 'tokenrack-port-'));
  try {
    const problems = portVariants.flatMap((variant) => {
      const texts = variant.map((name) => readFileSync(join(firmware, name), 'utf8'));
      writeFileSync(join(folder, 'sdkconfig.h'), sdkconfigHeader(texts));
      const flags = [...strict, ...includes(firmware, folder, headers, compiler)];
      const said = [...checkFiles(firmware, files, flags, compiler), ...checkRefusals(flags, compiler)];
      return said.map((text) => ({ variant: variant.join(' + '), said: text }));
    });
    return { files, problems };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** The compiler's C library goes last, and as the system's: ESP-IDF's own headers stand in for some of it. */
function includes(
  firmware: string,
  folder: string,
  { includeFolders }: IdfHeaders,
  compiler: XtensaCompiler,
): string[] {
  const own = ['main', 'components/tinyllm/include', 'components/benchapp/include'];
  const folders = [folder, ...includeFolders, ...own.map((name) => join(firmware, name))];
  return [...folders.map((name) => `-I${name}`), '-isystem', compiler.includeFolder];
}

function checkFiles(
  firmware: string,
  files: readonly string[],
  flags: readonly string[],
  compiler: XtensaCompiler,
): string[] {
  const paths = files.map((name) => join(firmware, 'main', name));
  const { good, said } = runCompiler(compiler, [...flags, ...paths]);
  return good ? [] : [said];
}

function checkRefusals(flags: readonly string[], compiler: XtensaCompiler): string[] {
  return wrongCalls
    .filter((input) => {
      const { good, said } = runCompiler(compiler, [...flags, '-xc', '-'], { input });
      return good || !/(makes integer from pointer|too few arguments)/.test(said);
    })
    .map(
      (input) =>
        `this wrong call was not refused for what is wrong with it, so the check proves nothing:\n${input}`,
    );
}
