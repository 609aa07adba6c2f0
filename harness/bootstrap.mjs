// What `npm run demo` and `npm test` start: plain JavaScript on Node alone, since in a fresh clone nothing is installed yet.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const [task, ...rest] = process.argv.slice(2);

/** Exit status of a program run in the package's folder, its output going where ours goes. */
function run(program, args) {
  const { status, error } = spawnSync(program, args, {
    cwd: root,
    stdio: ['ignore', 'inherit', 'inherit'],
    shell: process.platform === 'win32' && program === 'npm',
  });
  if (error) process.stderr.write(`cannot start ${program}: ${error.message}\n`);
  return status ?? 1;
}

const node = (...args) => run(process.execPath, args);
const tool = (name) => join(root, 'node_modules', '.bin', name);

function must(status, what) {
  if (status === 0) return;
  process.stderr.write(`tokenrack: ${what} failed\n`);
  process.exit(status);
}

/** `npm ci` when node_modules is missing or older than the lockfile. */
function install() {
  const installed = join(root, 'node_modules', '.package-lock.json');
  const wanted = join(root, 'package-lock.json');
  if (existsSync(installed) && statSync(installed).mtimeMs >= statSync(wanted).mtimeMs) return;
  process.stderr.write('tokenrack: installing packages\n');
  must(run('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error']), 'npm ci');
}

function compile() {
  return run(tool('tsc'), ['-p', 'harness']);
}

function demo() {
  install();
  must(compile(), 'tsc');
  process.exit(
    node('--enable-source-maps', 'dist/cli/main.js', 'run', 'scenarios/first-light.scenario.ts', ...rest),
  );
}

/** Runs mocha with a reporter that also writes how many tests passed, failed and were skipped. */
function mocha(args) {
  const folder = mkdtempSync(join(tmpdir(), 'tokenrack-test-'));
  const file = join(folder, 'counts.json');
  const status = node(
    '--enable-source-maps',
    'node_modules/mocha/bin/mocha.js',
    '--reporter',
    'dist/testing/counting-reporter.js',
    '--reporter-option',
    `file=${file}`,
    ...args,
  );
  const counts = existsSync(file)
    ? JSON.parse(readFileSync(file, 'utf8'))
    : { passed: 0, failed: 0, skipped: 0 };
  rmSync(folder, { recursive: true });
  if (status !== 0 && counts.failed === 0) counts.failed = 1;
  return counts;
}

function step(name, status) {
  process.stdout.write(`${status === 0 ? 'ok' : 'FAILED'}: ${name}\n`);
  return { passed: status === 0 ? 1 : 0, failed: status === 0 ? 0 : 1, skipped: 0 };
}

function test() {
  install();
  const compiled = compile();
  const counts = [step('types of the harness', compiled)];
  if (compiled === 0) {
    counts.push(
      step(
        'lint and format',
        run(tool('biome'), ['ci', '.', ...(process.stdout.isTTY ? [] : ['--colors=off'])]),
      ),
    );
    counts.push(step('types of the scenarios', run(tool('tsc'), ['-p', 'scenarios'])));
    counts.push(mocha(['--no-config', '--timeout', '60000', 'dist/**/*.test.js']));
    counts.push(mocha([]));
  }
  const total = (key) => counts.reduce((sum, one) => sum + one[key], 0);
  const skipped = total('skipped') > 0 ? `, ${total('skipped')} skipped` : '';
  process.stdout.write(`${total('passed')} passed, ${total('failed')} failed${skipped}\n`);
  process.exit(total('failed') === 0 ? 0 : 1);
}

const tasks = { demo, test };
if (tasks[task] === undefined) {
  process.stderr.write(`usage: node harness/bootstrap.mjs ${Object.keys(tasks).join('|')}\n`);
  process.exit(2);
}
tasks[task]();
