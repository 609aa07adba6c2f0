// What `npm run demo` and `npm test` start: plain JavaScript on Node alone, since in a fresh clone nothing is installed yet.
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, openSync, readFileSync, rmSync, statSync } from 'node:fs';
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

/**
 * Runs mocha with a reporter that also writes how many tests passed, failed and were skipped, and which failed. What it prints is kept until it has ended when
 * `apart`, so that two that run at once are read one after the other.
 */
async function mocha(args, { apart = false } = {}) {
  const folder = mkdtempSync(join(tmpdir(), 'tokenrack-test-'));
  const file = join(folder, 'counts.json');
  const said = join(folder, 'said.txt');
  const out = apart ? openSync(said, 'a') : 'inherit';
  const child = spawn(
    process.execPath,
    [
      '--enable-source-maps',
      'node_modules/mocha/bin/mocha.js',
      '--reporter',
      'dist/testing/counting-reporter.js',
      '--reporter-option',
      `file=${file}`,
      ...args,
    ],
    { cwd: root, stdio: ['ignore', out, out] },
  );
  const status = await new Promise((ended) => {
    child.on('error', () => ended(1));
    child.on('exit', (code) => ended(code ?? 1));
  });
  if (apart) process.stdout.write(readFileSync(said));
  const counts = existsSync(file)
    ? JSON.parse(readFileSync(file, 'utf8'))
    : { passed: 0, failed: 0, skipped: 0, failures: [] };
  rmSync(folder, { recursive: true });
  if (status !== 0 && counts.failed === 0) {
    counts.failed = 1;
    counts.failures.push({
      title: 'mocha',
      stack: `ended with ${status} and no failed test: ${args.join(' ')}`,
    });
  }
  return counts;
}

/**
 * Folders whose tests start commands, servers and hosts of their own, or wait for such: with the points' sinks about as long as all other unit tests and the
 * scenarios, and most of it waiting.
 */
const WITH_PROCESSES = ['cli', 'farm', 'nightly', 'lease', 'sinks'];

/** All unit tests in two processes at once, and the scenarios after the shorter one. */
function allTests() {
  const unit = ['--no-config', '--timeout', '120000'];
  const first = WITH_PROCESSES.map((folder) => `dist/${folder}/**/*.test.js`);
  const rest = ['dist/**/*.test.js', ...first.flatMap((pattern) => ['--ignore', pattern])];
  const others = async () => [await mocha([...unit, ...rest]), await mocha([])];
  return Promise.all([mocha([...unit, ...first], { apart: true }), others()]);
}

function step(name, status) {
  process.stdout.write(`${status === 0 ? 'ok' : 'FAILED'}: ${name}\n`);
  const failures = status === 0 ? [] : [{ title: name, stack: `ended with ${status}` }];
  return { passed: 1 - failures.length, failed: failures.length, skipped: 0, failures };
}

async function test() {
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
    counts.push(...(await allTests()).flat());
  }
  const total = (key) => counts.reduce((sum, one) => sum + one[key], 0);
  for (const { title, stack } of counts.flatMap(({ failures }) => failures)) {
    process.stdout.write(`failed: ${title}\n${stack.replace(/^/gm, '  ')}\n`);
  }
  const skipped = total('skipped') > 0 ? `, ${total('skipped')} skipped` : '';
  process.stdout.write(`${total('passed')} passed, ${total('failed')} failed${skipped}\n`);
  process.exit(total('failed') === 0 ? 0 : 1);
}

const tasks = { demo, test };
if (tasks[task] === undefined) {
  process.stderr.write(`usage: node harness/bootstrap.mjs ${Object.keys(tasks).join('|')}\n`);
  process.exit(2);
}
await tasks[task]();
