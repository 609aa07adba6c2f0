import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { ownCommand } from '../../../farm/jobs/spawn-job.js';
import { Diary } from './diary.js';

/** `tokenrack nightly`, begun once and resumed as often as it is killed. */
export class Controller {
  private child: ChildProcess | undefined;
  /** What all of them printed, and how they came and went. */
  readonly diary = new Diary();

  constructor(
    private readonly folder: string,
    private readonly words: readonly string[],
    private readonly env: NodeJS.ProcessEnv,
  ) {}

  /** Begins the night, or goes on with the one that was begun. */
  async start(): Promise<void> {
    const night = await this.night();
    const words = night === undefined ? this.words : ['--resume', night];
    const [node, ...main] = ownCommand;
    const child = spawn(node!, [...main, 'nightly', ...words], {
      cwd: this.folder,
      env: { ...process.env, ...this.env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const hear = (text: string): void => this.diary.hear(text);
    child.stdout.setEncoding('utf8').on('data', hear);
    child.stderr.setEncoding('utf8').on('data', hear);
    this.child = child;
    this.diary.note(`(process ${child.pid} begins: ${words.join(' ')})`);
    child.once('exit', (code, signal) => this.diary.note(`(process ${child.pid} ended: ${signal ?? code})`));
  }

  /** Whether there was something to be killed. */
  async kill(): Promise<boolean> {
    if (!this.isAlive) return false;
    const gone = once(this.child!, 'exit');
    this.child!.kill('SIGKILL');
    await gone;
    return true;
  }

  get isAlive(): boolean {
    return this.child !== undefined && this.child.exitCode === null && this.child.signalCode === null;
  }

  get exitCode(): number | null {
    return this.child?.exitCode ?? null;
  }

  /** The night's folder, once there is a night: what was killed before it had planned one left nothing. */
  async night(): Promise<string | undefined> {
    const [night, ...others] = await this.nights();
    if (others.length > 0) throw new Error(`more than one night was begun: ${[night, ...others]}`);
    return night;
  }

  private async nights(): Promise<string[]> {
    const runs = join(this.folder, 'runs');
    const names = await readdir(runs).catch(() => [] as string[]);
    return names.map((name) => join(runs, name)).filter((night) => existsSync(join(night, 'night.json')));
  }
}
