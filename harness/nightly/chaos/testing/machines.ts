import { type ChildProcess, spawn } from 'node:child_process';
import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ownCommand } from '../../../farm/jobs/spawn-job.js';
import type { Sshd } from '../../../farm/testing/sshd.js';
import { Diary } from './diary.js';
import { processesIn, signalAll, until } from './processes.js';

const READY_MS = 60_000;
/** It finishes its jobs first. */
const END_MS = 60_000;

/** A board of a machine, as rack.yaml has it. */
export interface TrialBoard {
  readonly id: string;
  readonly mac: string;
  readonly link: 'virtual';
}

/** A computer with boards: a folder of its own, and whatever runs in it. */
export class TrialMachine {
  readonly name: string;
  readonly folder: string;
  readonly boards: readonly TrialBoard[];

  constructor(root: string, index: number, boards: number) {
    this.name = `lab-${index + 1}`;
    this.folder = join(root, this.name);
    this.boards = Array.from({ length: boards }, (_, n) => ({
      id: `cam-${index + 1}${n + 1}`,
      mac: `24:6f:28:7d:0${index + 1}:0${n + 1}`,
      link: 'virtual',
    }));
  }

  get state(): string {
    return join(this.folder, 'state');
  }

  get env() {
    return { TOKENRACK_STATE: this.state, TOKENRACK_MACHINE: join(this.folder, 'machine') };
  }

  /** Of every try that was started here: `jobs/ID/try-N`. */
  async tryFolders(): Promise<string[]> {
    const jobs = join(this.state, 'jobs');
    const names = await readdir(jobs, { recursive: true }).catch(() => [] as string[]);
    return names.filter((name) => /^[^/.][^/]*\/try-\d+$/.test(name)).map((name) => join(jobs, name));
  }

  /** Of all its programs, or of those whose command line has the word. */
  processes(word?: string): number[] {
    return processesIn(this.folder, word);
  }

  signal(signal: NodeJS.Signals, word?: string): number {
    return signalAll(this.processes(word), signal);
  }
}

/** As rack.yaml has it: the server is one for all trials, the folders are this trial's. */
export function hostOf(machine: TrialMachine, sshd: Sshd) {
  const env = Object.entries(machine.env).map(([name, value]) => `${name}=${value}`);
  return sshd.host({ id: machine.name, command: ['env', ...env, ...ownCommand], state: machine.state });
}

/** `tokenrack worker` on a machine. */
export class WorkerOn {
  private child: ChildProcess | undefined;
  private readonly diary = new Diary();

  constructor(
    readonly machine: TrialMachine,
    private readonly queueUrl: string,
    private readonly times: string,
  ) {}

  async start(): Promise<void> {
    const { machine, queueUrl, times } = this;
    await mkdir(machine.folder, { recursive: true });
    await writeFile(join(machine.folder, 'rack.yaml'), JSON.stringify({ boards: machine.boards }));
    const [node, ...words] = ownCommand;
    const child = spawn(node!, [...words, 'worker', '--queue', queueUrl, '--name', machine.name], {
      cwd: machine.folder,
      env: { ...process.env, ...machine.env, TOKENRACK_TIMES: times },
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => this.diary.hear(text));
    this.child = child;
    this.diary.note(`(process ${child.pid} begins)`);
    child.once('exit', (code, signal) => this.diary.note(`(process ${child.pid} ended: ${signal ?? code})`));
  }

  async ready(): Promise<void> {
    const isReady = (): boolean => this.diary.text.includes('is ready with');
    await until(`worker on ${this.machine.name}`, READY_MS, isReady).catch((error: Error) => {
      throw new Error(`${error.message}\n${this.log}`);
    });
  }

  /** SIGKILL to the worker alone: what it started is left to itself. */
  kill(): number {
    return this.isAlive && this.child!.kill('SIGKILL') ? 1 : 0;
  }

  /** Lets it finish. Resolves with its exit code, or null when it was killed. */
  async end(): Promise<number | null> {
    if (this.isAlive) {
      this.diary.note('(is told to end)');
      this.child!.kill('SIGTERM');
      await until(`end of the worker on ${this.machine.name}`, END_MS, () => !this.isAlive);
    }
    return this.child?.exitCode ?? null;
  }

  get log(): string {
    return this.diary.shown(`the worker on ${this.machine.name}`);
  }

  private get isAlive(): boolean {
    return this.child !== undefined && this.child.exitCode === null && this.child.signalCode === null;
  }
}
