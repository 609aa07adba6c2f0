import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { RackBoard } from '../../../rack/rack-schema.js';
import type { LockTimes } from '../connection.js';
import type { QueueEvent } from '../queue-event.js';

export interface WorkerProcessOptions {
  readonly url: string;
  readonly boards: readonly RackBoard[];
  readonly name: string;
  readonly version: string;
  readonly folder: string;
  readonly diary: string;
  readonly times: LockTimes;
  /** Runs whole jobs on its boards; default: its jobs only take time. */
  readonly real?: boolean;
}

const program = fileURLToPath(new URL('worker-process.js', import.meta.url));

/** A worker as a process, its events, and its end: disposing of it kills it. */
export class WorkerProcess implements AsyncDisposable {
  readonly events: QueueEvent[] = [];
  private readonly child: ChildProcess;

  constructor(options: WorkerProcessOptions) {
    this.child = spawn(process.execPath, [program, JSON.stringify(options)], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    createInterface({ input: this.child.stdout! }).on('line', (line) => {
      this.events.push(JSON.parse(line) as QueueEvent);
    });
  }

  signal(name: NodeJS.Signals): void {
    this.child.kill(name);
  }

  /** Resolves with the exit code when the process is gone. */
  async end(signal: NodeJS.Signals): Promise<number | null> {
    if (this.child.exitCode === null && this.child.signalCode === null) {
      const gone = once(this.child, 'exit');
      this.child.kill(signal);
      await gone;
    }
    return this.child.exitCode;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.end('SIGKILL');
  }
}
