import { randomUUID } from 'node:crypto';
import { rename, rm } from 'node:fs/promises';
import type { NodeSSH } from 'node-ssh';
import type { SFTPWrapper, TransferOptions } from 'ssh2';
import { InfraError } from '../../errors.js';

/** Without a byte for so long a transfer has failed, though the connection lives. */
const STALLED_MS = 60_000;

/** SFTP's own status codes (draft-ietf-secsh-filexfer-02, section 7). */
const NO_SUCH_FILE = 2;

type Transfer = (sftp: SFTPWrapper, options: TransferOptions) => Promise<void>;

/** File transfer over a connection that exists: files appear under their names whole or not at all, at both ends. */
export class Sftp {
  private session: Promise<SFTPWrapper> | undefined;

  /** @param name of the far machine, for messages @param lost rejects when the connection ends */
  constructor(
    private readonly ssh: NodeSSH,
    private readonly name: string,
    private readonly lost: Promise<never>,
  ) {}

  /** @throws InfraError `sftp`, `no-remote-file` (its folder), `ssh-lost`, `ssh-timeout` */
  async upload(local: string, remote: string): Promise<void> {
    const part = `${remote}.${randomUUID()}.part`;
    const what = `upload of ${remote} to ${this.name}`;
    try {
      await this.transfer(what, (sftp, options) => this.ssh.putFile(local, part, sftp, options));
      await this.transfer(what, (sftp) => renameOver(sftp, part, remote));
    } catch (error) {
      await this.discard(part);
      throw error;
    }
  }

  /** @throws InfraError `no-remote-file`, `sftp`, `ssh-lost`, `ssh-timeout` */
  async download(remote: string, local: string): Promise<void> {
    const part = `${local}.${randomUUID()}.part`;
    const what = `download of ${remote} from ${this.name}`;
    try {
      await this.transfer(what, (sftp, options) => this.ssh.getFile(part, remote, sftp, options));
      await rename(part, local);
    } catch (error) {
      await rm(part, { force: true });
      throw error;
    }
  }

  private async transfer(what: string, run: Transfer): Promise<void> {
    const stall = new Stall(what);
    try {
      const sftp = await Promise.race([this.open(), this.lost, stall.late]);
      await Promise.race([run(sftp, { step: () => stall.moved() }), this.lost, stall.late]);
    } catch (error) {
      await this.orLost();
      throw explain(what, error);
    } finally {
      stall.end();
    }
  }

  /** What ends with the connection fails a moment before that is known to be lost. */
  private async orLost(): Promise<void> {
    await Promise.race([this.lost, new Promise((tick) => setImmediate(tick))]);
  }

  private open(): Promise<SFTPWrapper> {
    this.session ??= this.request().then((sftp) => {
      sftp.on('error', () => {});
      for (const event of ['end', 'close'] as const) sftp.on(event, () => this.forget());
      return sftp;
    });
    this.session.catch(() => this.forget());
    return this.session;
  }

  private async request(): Promise<SFTPWrapper> {
    try {
      return await this.ssh.requestSFTP();
    } catch (error) {
      await this.orLost();
      const message = `${this.name} has no SFTP: ${(error as Error).message}`;
      throw new InfraError('sftp', message, { cause: error });
    }
  }

  private forget(): void {
    this.session = undefined;
  }

  /** As well as it goes: what stays after a lost connection is swept by its age. */
  private async discard(part: string): Promise<void> {
    const removal = this.open().then((sftp) => new Promise<void>((done) => sftp.unlink(part, () => done())));
    await Promise.race([removal, this.lost]).catch(() => {});
  }
}

/** Rejects when nothing moves for long. */
class Stall {
  readonly late: Promise<never>;
  private readonly timer: NodeJS.Timeout;

  constructor(what: string) {
    let reject: (error: Error) => void = () => {};
    this.late = new Promise((_, refuse) => {
      reject = refuse;
    });
    this.late.catch(() => {});
    const error = new InfraError('ssh-timeout', `no progress of the ${what} within ${STALLED_MS / 1000} s`);
    this.timer = setTimeout(() => reject(error), STALLED_MS);
  }

  moved(): void {
    this.timer.refresh();
  }

  end(): void {
    clearTimeout(this.timer);
  }
}

/** OpenSSH's rename takes the place of what is there, as POSIX has it; SFTP's own refuses to. */
function renameOver(sftp: SFTPWrapper, from: string, to: string): Promise<void> {
  return new Promise((resolve, reject) => {
    sftp.ext_openssh_rename(from, to, (error) => (error ? reject(error) : resolve()));
  });
}

/**
 * Our own errors and those of this machine's disk as they are; what the far end refuses with what was being done. Whatever else
 * happens is the end of the session.
 */
function explain(what: string, error: unknown): unknown {
  const { code, message } = error as { code?: unknown; message: string };
  if (error instanceof InfraError) return error;
  if (typeof code === 'string' && /^E[A-Z0-9]+$/.test(code)) return error;
  const refused = code === NO_SUCH_FILE ? 'no-remote-file' : 'sftp';
  return new InfraError(code === undefined ? 'ssh-lost' : refused, `the ${what} failed: ${message}`, {
    cause: error,
  });
}
