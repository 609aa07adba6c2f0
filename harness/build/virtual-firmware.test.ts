import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { ConfigError } from '../errors.js';
import { bootFromFlash } from '../virtual/boot/boot.js';
import { FlashChip } from '../virtual/flash-chip.js';
import { buildVirtualFirmware } from './virtual-firmware.js';

const header = 'int twice(int x);\n';
const core =
  '#include "core.h"\n#include <string.h>\nint twice(int x) { char a[64]; memset(a, x, 64); return a[x & 63] * 2; }\n';
const port = `#include "core.h"
__attribute__((import_module("board"), import_name("uart_flush"))) void uart_flush(void);
void app_main(void) { if (twice(21) == 42) uart_flush(); }
`;

describe('build of the virtual firmware', function () {
  this.timeout(20_000);
  let root = '';
  const options = (): { firmwareFolder: string; outFolder: string } => ({
    firmwareFolder: join(root, 'firmware'),
    outFolder: join(root, 'out'),
  });
  const write = (path: string, text: string): void => writeFileSync(join(root, 'firmware', path), text);
  const failure = async (): Promise<string> => {
    try {
      await buildVirtualFirmware(options());
    } catch (error) {
      if (error instanceof ConfigError) return error.message;
      throw error;
    }
    return 'no error';
  };

  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'tokenrack-firmware-'));
    for (const folder of ['components/core/include', 'components/core/src', 'ports/wasm']) {
      mkdirSync(join(root, 'firmware', folder), { recursive: true });
    }
    write('components/core/include/core.h', header);
    write('components/core/src/core.c', core);
    write('ports/wasm/port.c', port);
  });
  afterEach(() => rmSync(root, { recursive: true }));

  it('makes images that boot, the same bytes each time, and compiles only when something changed', async () => {
    const { result: build, said } = await withStdout(() => buildVirtualFirmware(options()));
    expect(said, 'on standard output').to.equal('');
    const flash = new FlashChip();
    for (const { offset, bytes } of build.files) flash.program(offset, bytes);
    const { app, haltedBecause } = bootFromFlash(flash, { reason: 'poweron' });
    expect(haltedBecause).to.equal(undefined);
    expect(app?.buildId).to.equal(build.id);
    expect(runsToFlush(app!.wasm)).to.equal(true);

    const appPath = build.appFile.path;
    const [first, writtenAt] = [readFileSync(appPath), statSync(appPath).mtimeMs];
    await buildVirtualFirmware(options());
    expect(statSync(appPath).mtimeMs, 'written again though nothing changed').to.equal(writtenAt);

    writeFileSync(appPath, 'damaged');
    await buildVirtualFirmware(options());
    expect(readFileSync(appPath).equals(first), 'the same bytes after a build from anew').to.equal(true);

    write('components/core/src/core.c', core.replace('* 2', '* 3'));
    expect((await buildVirtualFirmware(options())).id).not.to.equal(build.id);
  });

  it('says where the compiler found the first error', async () => {
    write('ports/wasm/port.c', `${port}\nint broken(void) { return nothing; }\n`);
    expect(await failure()).to.match(
      /^firmware does not compile: ports\/wasm\/port\.c:5:27: error: .*nothing/,
    );
  });

  it('says which function is missing at the link, and which import the board does not have', async () => {
    write('components/core/src/core.c', '');
    expect(await failure()).to.match(/wasm-ld: error: .*twice/);
    write(
      'components/core/src/core.c',
      '#include <stdio.h>\nint twice(int x) { return puts("hello") + x; }\n',
    );
    expect(await failure()).to.match(/^firmware needs wasi_snapshot_preview1\./);
  });

  it('says that there is no firmware', async () => {
    rmSync(join(root, 'firmware'), { recursive: true });
    expect(await failure()).to.match(/^no firmware: .* has no C source/);
  });
});

/** This must go round the first build of the process: that is when the compiler loads itself. */
async function withStdout<T>(action: () => Promise<T>): Promise<{ result: T; said: string }> {
  const write = process.stdout.write;
  let said = '';
  process.stdout.write = (text: string | Uint8Array): boolean => {
    said += text;
    return true;
  };
  try {
    return { result: await action(), said };
  } finally {
    process.stdout.write = write;
  }
}

function runsToFlush(wasm: Uint8Array): boolean {
  let flushed = false;
  const module = new WebAssembly.Module(new Uint8Array(wasm));
  const board = {
    uart_flush: () => {
      flushed = true;
    },
  };
  const instance = new WebAssembly.Instance(module, { board });
  (instance.exports.app_main as () => void)();
  return flushed;
}
