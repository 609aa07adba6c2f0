import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'chai';
import { readEnvironment } from '../../config/environment.js';
import { failureOf } from '../blobs/testing/failure-of.js';
import { Sshd } from '../testing/sshd.js';
import { sshdForSuite } from '../testing/sshd-suite.js';
import { describeWithSshd } from '../testing/sshd-tier.js';
import { connectSsh } from './connect-ssh.js';
import type { SshConnection, SshExit } from './ssh-connection.js';

const MEGABYTE = 1 << 20;

describeWithSshd('an SSH connection', readEnvironment().requiredTools, () => {
  let connection: SshConnection;
  afterEach(() => connection.close());
  const at = sshdForSuite();
  beforeEach(async () => {
    connection = await connectSsh(at.sshd.host());
  });

  async function run(argv: string[], input = ''): Promise<{ stdout: Buffer; stderr: string; exit: SshExit }> {
    const { stdin, stdout, stderr, done } = await connection.start(argv);
    stdin.end(input);
    const [out, err] = await Promise.all([bytesOf(stdout), bytesOf(stderr)]);
    return { stdout: out, stderr: err.toString('utf8'), exit: await done };
  }

  it('hands over any arguments as they are', async () => {
    const hostile = [
      ...[
        '',
        ' ',
        "'",
        "''",
        '"',
        '\\',
        "\\'",
        '`id`',
        '$(id)',
        '$HOME',
        '*',
        '~',
        '!!',
        ';id',
        '&',
        '|',
        '<',
        '>',
      ],
      ...[
        '#',
        '\n',
        'a\nb',
        '\t',
        '-n',
        '--',
        '=',
        '{a,b}',
        'é日本',
        "it's",
        '\u0001',
        '%s',
        '\r\n',
        '[a-z]*',
      ],
    ];
    const script = 'process.stdout.write(JSON.stringify(process.argv.slice(1)))';
    const { stdout, stderr, exit } = await run([process.execPath, '-e', script, '--', ...hostile]);
    expect({ stderr, exit }).to.deep.equal({ stderr: '', exit: { code: 0 } });
    expect(JSON.parse(stdout.toString('utf8'))).to.deep.equal(hostile);
    expect(await failureOf(connection.start(['echo', 'a\0b']))).to.equal('bad-argument');
  });

  it('tells how programs ended', async () => {
    expect((await run(['sh', '-c', 'exit 3'])).exit).to.deep.equal({ code: 3 });
    expect((await run(['/no/such/program'])).exit).to.deep.equal({ code: 127 });
    const { exit } = await run(['sh', '-c', 'kill -TERM $$']);
    expect(exit.signal ?? exit.code).to.be.oneOf(['SIGTERM', 143]);
  });

  it('streams what is large, and keeps the outputs apart', async () => {
    const input = randomBytes(8 * MEGABYTE).toString('base64');
    const { stdout, stderr, exit } = await run(['sh', '-c', 'echo apart >&2; cat'], input);
    expect(exit).to.deep.equal({ code: 0 });
    expect(stderr).to.equal('apart\n');
    expect(stdout.equals(Buffer.from(input))).to.equal(true);
  });

  it('brings files there and back, empty and large ones, into a folder that is new', async () => {
    for (const bytes of [0, 1, 32_768, 32_769, 9 * MEGABYTE + 7]) {
      const content = randomBytes(bytes);
      await writeFile(join(at.folder, 'local'), content);
      await connection.upload(join(at.folder, 'local'), join(at.folder, 'far', 'file'));
      await connection.download(join(at.folder, 'far', 'file'), join(at.folder, 'back'));
      expect((await readFile(join(at.folder, 'back'))).equals(content), `${bytes} bytes`).to.equal(true);
    }
    expect(await readdir(join(at.folder, 'far'))).to.deep.equal(['file']);
    expect(await readdir(at.folder)).to.have.members(['back', 'far', 'local']);
  });

  it('transfers several files at once', async () => {
    const names = Array.from({ length: 12 }, (_, n) => `${n}`);
    await mkdir(join(at.folder, 'far'));
    await Promise.all(names.map((name) => writeFile(join(at.folder, name), name.repeat(100_000))));
    await Promise.all(
      names.map((name) => connection.upload(join(at.folder, name), join(at.folder, 'far', name))),
    );
    await Promise.all(
      names.map((name) => connection.download(join(at.folder, 'far', name), join(at.folder, name))),
    );
    for (const name of names)
      expect(await readFile(join(at.folder, name), 'utf8')).to.equal(name.repeat(100_000));
  });

  it('leaves nothing behind where a transfer fails', async () => {
    await writeFile(join(at.folder, 'local'), 'x');
    await mkdir(join(at.folder, 'taken', 'full'), { recursive: true });
    expect(await failureOf(connection.upload(join(at.folder, 'local'), join(at.folder, 'taken')))).to.equal(
      'sftp',
    );
    expect(await failureOf(connection.upload(join(at.folder, 'none'), join(at.folder, 'new')))).to.equal(
      'sftp',
    );
    expect(await failureOf(connection.upload(join(at.folder, 'local'), '/proc/new'))).to.equal(
      'no-remote-file',
    );
    const none = connection.download(join(at.folder, 'none'), join(at.folder, 'new'));
    expect(await failureOf(none)).to.equal('no-remote-file');
    expect(await failureOf(connection.download(join(at.folder, 'local'), '/no/such'))).to.equal('ENOENT');
    expect(await readdir(at.folder)).to.have.members(['local', 'taken']);
  });

  for (const direction of ['upload', 'download'] as const) {
    it(`gives a clear error when the connection dies during the ${direction}, and no half file`, async () => {
      await writeFile(join(at.folder, 'from'), randomBytes(64 * MEGABYTE));
      const transfer = failureOf(connection[direction](join(at.folder, 'from'), join(at.folder, 'to')));
      await somethingIn(at.folder, /^to\..*\.part$/);
      expect(at.sshd.signalSessions('SIGKILL')).to.be.greaterThan(0);
      expect(await transfer).to.equal('ssh-lost');
      expect((await connection.closed)?.message).to.include('the connection to lab is lost');
      const left = await readdir(at.folder);
      // Nobody can take away any more what lies at the far end.
      const ours = direction === 'upload' ? left.filter((name) => !name.endsWith('.part')) : left;
      expect(ours).to.deep.equal(['from']);
      expect(await failureOf(connection.upload(join(at.folder, 'from'), join(at.folder, 'to')))).to.equal(
        'ssh-lost',
      );
      expect(await failureOf(connection.start(['true']))).to.equal('ssh-lost');
    });
  }

  it('says that a program is lost when the connection dies as it starts', async () => {
    const starting = failureOf(connection.start(['true']));
    at.sshd.signalSessions('SIGKILL');
    expect(await starting).to.equal('ssh-lost');
  });

  it('says that a machine has no SFTP', async () => {
    await using bare = await Sshd.start({ sftp: false });
    await using other = await connectSsh(bare.host());
    const error = await other.upload(import.meta.filename, '/tmp/none').catch((error: unknown) => error);
    expect(error).to.have.property('code', 'sftp');
    expect(error).to.have.property('message').that.includes('lab has no SFTP');
  });

  it('says that a program is lost when the connection is', async () => {
    const { stdout, stderr, done } = await connection.start(['sh', '-c', 'echo up; sleep 60']);
    stderr.resume();
    await once(stdout, 'data');
    at.sshd.signalSessions('SIGKILL');
    expect(await failureOf(done)).to.equal('ssh-lost');
  });

  it('notices within 20 seconds that the other end does not answer any more', async () => {
    expect(at.sshd.signalSessions('SIGSTOP')).to.be.greaterThan(0);
    try {
      const started = performance.now();
      const error = await Promise.race([connection.closed, sleep(25_000)]);
      expect(error).to.have.property('code', 'ssh-lost');
      expect(error).to.have.property('message').that.includes('not a byte came for 16 s');
      expect(performance.now() - started).to.be.within(10_000, 20_000);
    } finally {
      at.sshd.signalSessions('SIGKILL');
    }
  });

  it('stays up while nothing is said, as long as the other end answers', async () => {
    await using short = await connectSsh(at.sshd.host(), { deadAfterMs: 400 });
    expect(await Promise.race([short.closed, sleep(1500, 'up')])).to.equal('up');
  });

  it('closes on purpose without an error, as often as it is asked, and when the signal aborts', async () => {
    const { stdout, stderr, done } = await connection.start(['cat']);
    stdout.resume();
    stderr.resume();
    await Promise.all([connection.close(), connection.close()]);
    await connection[Symbol.asyncDispose]();
    expect(await connection.closed).to.equal(undefined);
    expect(await failureOf(done)).to.equal('ssh-lost');
    const stop = new AbortController();
    const other = await connectSsh(at.sshd.host(), { signal: stop.signal });
    stop.abort();
    expect(await other.closed).to.equal(undefined);
  });
});

async function bytesOf(stream: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  return Buffer.concat(chunks);
}

async function somethingIn(folder: string, name: RegExp): Promise<void> {
  while (!(await readdir(folder)).some((each) => name.test(each))) await sleep(1);
}
