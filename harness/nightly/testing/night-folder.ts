import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { packageRoot } from '../../paths.js';
import type { NightSummary } from '../../sinks/night-summary.js';
import { readLedger } from '../ledger.js';
import type { LedgerRecord } from '../ledger-records.js';

const main = join(packageRoot, 'dist', 'cli', 'main.js');

/** Two tokens of one prompt: the shortest run there is. */
export const TINY =
  "prompts: ['Once'], generate: { tokens: 2 }, repeats: 1, warmups: 0, expect: [tokens.equalTheReference()]";

/** Scenarios `tiny 1` to `tiny N`. */
export function tinyScenarios(count: number): string {
  return `import { scenario, tokens } from 'tokenrack';
for (let n = 1; n <= ${count}; n++) scenario(\`tiny \${n}\`, { ${TINY} });
`;
}

export interface Ended {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** A working folder of its own, in which the real command runs: its own state, machine and runs. */
export class NightWorkshop implements AsyncDisposable {
  private constructor(readonly path: string) {}

  static async make(): Promise<NightWorkshop> {
    return new NightWorkshop(await mkdtemp(join(tmpdir(), 'tokenrack-night-')));
  }

  async write(name: string, content: string): Promise<string> {
    const path = join(this.path, name);
    await mkdir(join(path, '..'), { recursive: true });
    await writeFile(path, content);
    return path;
  }

  /** A rack of so many virtual boards, `cam-1` and so on. */
  rack(boards: number, more: readonly string[] = []): Promise<string> {
    const lines = Array.from({ length: boards }, (_, index) => {
      const mac = `24:6f:28:7c:00:${(index + 1).toString(16).padStart(2, '0')}`;
      return `  - { id: cam-${index + 1}, link: virtual, mac: "${mac}" }`;
    });
    return this.write('rack.yaml', `boards:\n${[...lines, ...more].join('\n')}\n`);
  }

  nightly(...args: readonly string[]): Promise<Ended> {
    return this.nightlyWith({}, ...args);
  }

  /** The same, with further variables in its environment. */
  nightlyWith(env: Readonly<Record<string, string>>, ...args: readonly string[]): Promise<Ended> {
    const options = { ...this.options, env: { ...this.options.env, ...env } };
    return new Promise((done) => {
      execFile(process.execPath, [main, 'nightly', ...args], options, (error, out, err) =>
        done({ code: error === null ? 0 : Number(error.code), out, err }),
      );
    });
  }

  /** The same, to be killed. */
  start(...args: readonly string[]): ChildProcess {
    return spawn(process.execPath, [main, 'nightly', ...args], { ...this.options, stdio: 'ignore' });
  }

  /** Folders of all nights, the earliest first. */
  async nights(): Promise<string[]> {
    const names = await readdir(join(this.path, 'runs')).catch(() => [] as string[]);
    return names.sort().map((name) => join(this.path, 'runs', name));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.path, { recursive: true, force: true, maxRetries: 5 });
  }

  private get options() {
    const env = { ...process.env, TOKENRACK_MACHINE: join(this.path, 'machine') };
    return { cwd: this.path, env, maxBuffer: 64 * 1024 * 1024 };
  }
}

export async function ledgerOf(night: string): Promise<LedgerRecord[]> {
  const path = join(night, 'ledger.jsonl');
  return readLedger(await readFile(path), path).records;
}

export async function summaryOf(night: string): Promise<NightSummary> {
  return JSON.parse(await readFile(join(night, 'summary.json'), 'utf8')) as NightSummary;
}
