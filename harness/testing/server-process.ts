import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

const READY_MS = 20_000;
const KEPT_CHARACTERS = 50_000;

/** How a server is started in the foreground. */
export interface ServerCommand {
  readonly program: string;
  readonly words: readonly string[];
  /** Where it writes its log. */
  readonly logsTo: 'stdout' | 'stderr';
  /** What its log says as soon as it takes connections. */
  readonly ready: RegExp;
}

/**
 * A real server as a child of the tests: it can be killed, hung, gone on with and started again. It does not outlive them: when they
 * end without killing it, it is killed at their exit.
 */
export class ServerProcess implements AsyncDisposable {
  private child: ChildProcess | undefined;
  private log = '';

  /** @param beforeKill is called before every SIGKILL, with the server's pid: for processes that it leaves behind */
  constructor(private readonly beforeKill: (pid: number) => void = () => {}) {}

  /** Absent after `kill`, and before the first start. */
  get pid(): number | undefined {
    return this.child?.pid;
  }

  /** The last of what it wrote about its doings, of all its starts. */
  get text(): string {
    return this.log;
  }

  /**
   * Resolves when it takes connections, with what `ready` matched; undefined, and nothing is done, while it runs.
   * @throws Error with the server's log when it does not come up: it is to be killed then, as always
   */
  async start(command: ServerCommand): Promise<RegExpExecArray | undefined> {
    if (this.child !== undefined) return undefined;
    const { program, words, logsTo } = command;
    const stdio = [
      'ignore',
      logsTo === 'stdout' ? 'pipe' : 'ignore',
      logsTo === 'stderr' ? 'pipe' : 'ignore',
    ] as const;
    const child = spawn(program, words, { stdio: [...stdio] });
    this.child = child;
    const atExit = (): void => this.killNow(child);
    process.once('exit', atExit);
    child.once('exit', () => process.off('exit', atExit));
    return await this.whenReady(child, command);
  }

  /** SIGKILL, as when the machine is switched off; resolves when the process is gone. Does nothing when it is not there. */
  async kill(): Promise<void> {
    const { child } = this;
    this.child = undefined;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const gone = once(child, 'exit');
    this.killNow(child);
    await gone;
  }

  /** SIGSTOP: connections are accepted by the kernel and nothing answers. Resolves when the last of its threads stands still. */
  async stop(): Promise<void> {
    const { child } = this;
    if (child?.pid === undefined) return;
    child.kill('SIGSTOP');
    while (child.exitCode === null && child.signalCode === null && !standsStill(child.pid)) await sleep(2);
  }

  cont(): void {
    this.child?.kill('SIGCONT');
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.kill();
  }

  private killNow(child: ChildProcess): void {
    if (child.pid !== undefined) this.beforeKill(child.pid);
    child.kill('SIGKILL');
  }

  private whenReady(
    child: ChildProcess,
    { program, logsTo, ready }: ServerCommand,
  ): Promise<RegExpExecArray> {
    return new Promise((resolve, reject) => {
      // Of this start alone: what an earlier one said is no sign of life.
      let log = '';
      const fail = (why: string): void => reject(new Error(`${program} ${why}; its log:\n${log}`));
      const timer = setTimeout(() => fail(`was not ready within ${READY_MS} ms`), READY_MS);
      child.once('error', (error) => fail(error.message));
      child.once('close', (code, signal) => {
        clearTimeout(timer);
        fail(`ended with ${signal ?? `status ${code}`}`);
      });
      child[logsTo]!.setEncoding('utf8').on('data', (text: string) => {
        this.log = (this.log + text).slice(-KEPT_CHARACTERS);
        log = (log + text).slice(-KEPT_CHARACTERS);
        const found = ready.exec(log);
        if (found === null) return;
        clearTimeout(timer);
        resolve(found);
      });
    });
  }
}

/** Whether every thread is stopped, see proc(5); where there is no /proc the signal has to do. */
function standsStill(pid: number): boolean {
  const tasks = `/proc/${pid}/task`;
  if (!existsSync(tasks)) return true;
  return readdirSync(tasks).every((task) => {
    try {
      return /\) [TtXZ] [^)]*$/.test(readFileSync(`${tasks}/${task}/stat`, 'utf8'));
    } catch {
      return true;
    }
  });
}
