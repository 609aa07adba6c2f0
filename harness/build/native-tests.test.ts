import { type ExecFileException, execFile, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { commands, type OutputStream } from '@yowasp/clang';
import { expect } from 'chai';
import { packageRoot } from '../paths.js';
import { type FirmwareSources, readFirmwareSources } from './firmware-sources.js';

const firmware = join(packageRoot, 'firmware');
const native = join(firmware, 'ports/native');
const includeFolders = ['components/tinyllm', 'components/benchapp']
  .flatMap((component) => [`${component}/include`, `${component}/src`])
  .concat('ports/native')
  .map((folder) => join(firmware, folder));

const strict = ['-std=c99', '-pedantic', '-Wall', '-Wextra', '-Werror'];
const sanitizers = ['-fsanitize=address,undefined', '-fno-sanitize-recover=all'];
const flags = [
  ...strict,
  '-O1',
  '-g1',
  '-ffp-contract=off',
  ...includeFolders.map((folder) => `-I${folder}`),
];

const programs = readdirSync(native)
  .filter((name) => /^test_.*\.c$/.test(name))
  .map((name) => name.slice(0, -'.c'.length));

/** What each test program is linked with: the portable components, and the native port without its own `main`. */
function commonSources(): string[] {
  const folders = ['components/tinyllm/src', 'components/benchapp/src', 'ports/native'];
  return folders.flatMap((folder) =>
    readdirSync(join(firmware, folder))
      .filter((name) => name.endsWith('.c') && !/^test_|^native_main/.test(name))
      .map((name) => join(firmware, folder, name)),
  );
}

const compiler = 'cc';

function hasCompiler(): boolean {
  return spawnSync(compiler, ['--version'], { stdio: 'ignore' }).status === 0;
}

interface Ending {
  readonly good: boolean;
  readonly output: string;
}

function run(program: string, args: readonly string[], cwd: string): Promise<Ending> {
  return new Promise((resolve) => {
    execFile(
      program,
      args,
      { cwd, maxBuffer: 1 << 24 },
      (error: ExecFileException | null, stdout, stderr) => {
        resolve({ good: error === null, output: `${stdout}${stderr}` });
      },
    );
  });
}

async function mustRun(program: string, args: readonly string[], cwd: string): Promise<void> {
  const { good, output } = await run(program, args, cwd);
  expect(good, output).to.equal(true);
}

/** Sanitizers when this compiler has them: not every system ships their libraries. */
async function sanitizersOf(folder: string): Promise<string[]> {
  const probe = join(native, 'test_arena.c');
  const { good } = await run(compiler, [...flags, ...sanitizers, '-c', probe, '-o', 'probe.o'], folder);
  if (!good) return [];
  const arena = join(firmware, 'components/benchapp/src/bench_arena.c');
  const args = [...flags, ...sanitizers, 'probe.o', arena, join(native, 'native_check.c'), '-o', 'probe'];
  return (await run(compiler, args, folder)).good ? sanitizers : [];
}

describe('the firmware in C, natively', function () {
  this.timeout(120_000);
  if (!hasCompiler()) {
    it('is tested where a C compiler is: there is no cc on PATH here', function () {
      this.skip();
    });
    return;
  }
  let folder = '';
  let instruments: string[] = [];

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'tokenrack-native-'));
    instruments = await sanitizersOf(folder);
    mkdirSync(join(folder, 'objects'));
    const args = [...flags, ...instruments, '-c', ...commonSources()];
    await mustRun(compiler, args, join(folder, 'objects'));
  });

  after(() => rmSync(folder, { recursive: true, force: true }));

  it('is built with the address and undefined-behaviour sanitizers', function () {
    if (instruments.length === 0) this.skip();
  });

  for (const program of programs) {
    it(`passes ${program}.c`, async () => {
      const objects = readdirSync(join(folder, 'objects')).map((name) => join('objects', name));
      const source = join(native, `${program}.c`);
      await mustRun(compiler, [...flags, ...instruments, source, ...objects, '-lm', '-o', program], folder);
      const card = `card-of-${program}`;
      mkdirSync(join(folder, card));
      const { good, output } = await run(join(folder, program), [card], folder);
      expect(good, output).to.equal(true);
      expect(output).to.match(/[1-9]\d* checks, 0 failures/);
    });
  }
});

describe("the firmware in C, under npm's compiler", function () {
  this.timeout(120_000);

  it('compiles without a warning', async () => {
    const said = await syntaxErrors(readFirmwareSources(firmware));
    expect(said).to.equal('');
  });
});

async function syntaxErrors({ files, includeFolders: includes }: FirmwareSources): Promise<string> {
  let said = '';
  const collect: OutputStream = (bytes) => {
    if (bytes !== null) said += Buffer.from(bytes).toString('utf8');
  };
  const units = files.filter(({ path }) => path.endsWith('.c')).map(({ path }) => path);
  const args = ['--target=wasm32-wasip1', ...strict, '-fsyntax-only', ...includes.map((name) => `-I${name}`)];
  await commands.clang(undefined, {}, { fetchProgress: () => {} });
  try {
    await commands.clang([...args, ...units], treeOf(files), { stdout: collect, stderr: collect });
  } catch (error) {
    return said === '' ? String(error) : said;
  }
  return said;
}

interface Folder {
  [name: string]: Folder | string;
}

function treeOf(files: FirmwareSources['files']): Folder {
  const root: Folder = {};
  for (const { path, text } of files) {
    const names = path.split('/');
    let folder = root;
    for (const name of names.slice(0, -1)) {
      folder[name] ??= {};
      folder = folder[name] as Folder;
    }
    folder[names.at(-1)!] = text;
  }
  return root;
}
