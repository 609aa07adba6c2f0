import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** A real ssh-agent for tests, with a socket of its own. */
export class SshAgent implements AsyncDisposable {
  private constructor(
    private readonly folder: string,
    private readonly child: ChildProcess,
  ) {}

  static async start(): Promise<SshAgent> {
    const folder = await mkdtemp(join(tmpdir(), 'tokenrack-agent-'));
    const child = spawn('ssh-agent', ['-D', '-a', join(folder, 'agent')], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    await once(child.stdout!, 'data');
    return new SshAgent(folder, child);
  }

  get socket(): string {
    return join(this.folder, 'agent');
  }

  /** Adds a private key; a passphrase is handed over as ssh-add asks for it, by a program. */
  async add(keyFile: string, askpass?: string): Promise<void> {
    const asking = askpass === undefined ? {} : { SSH_ASKPASS: askpass, SSH_ASKPASS_REQUIRE: 'force' };
    await run('ssh-add', ['-q', keyFile], { env: { ...process.env, SSH_AUTH_SOCK: this.socket, ...asking } });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const gone = once(this.child, 'exit');
    if (this.child.exitCode === null && this.child.kill()) await gone;
    await rm(this.folder, { recursive: true, force: true });
  }
}
