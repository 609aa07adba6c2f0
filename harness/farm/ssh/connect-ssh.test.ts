import { execFile } from 'node:child_process';
import { chmod, readFile, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect } from 'chai';
import { readEnvironment } from '../../config/environment.js';
import { TokenrackError } from '../../errors.js';
import { Sshd } from '../testing/sshd.js';
import { SshAgent } from '../testing/sshd-agent.js';
import { hashKnownHosts, makeKey } from '../testing/sshd-keys.js';
import { sshdForSuite } from '../testing/sshd-suite.js';
import { describeWithSshd } from '../testing/sshd-tier.js';
import { connectSsh, type SshOptions, type SshRoute } from './connect-ssh.js';
import { sshCommand } from './ssh-command.js';

describeWithSshd('connecting over SSH', readEnvironment().requiredTools, () => {
  const at = sshdForSuite({ hostKeys: ['ed25519', 'ecdsa', 'rsa'] });

  async function knowing(...lines: string[]): Promise<SshRoute> {
    const file = join(at.folder, 'known_hosts');
    await writeFile(file, lines.map((line) => `${line}\n`).join(''));
    return at.sshd.host({ known_hosts: [file] });
  }

  async function works(route: SshRoute, options?: SshOptions): Promise<void> {
    await using connection = await connectSsh(route, options);
    const { stdout, stderr, done } = await connection.start(['echo', 'there']);
    stderr.resume();
    expect(await textOf(stdout)).to.equal('there\n');
    expect(await done).to.deep.equal({ code: 0 });
  }

  async function refusal(route: SshRoute, options?: SshOptions): Promise<TokenrackError> {
    try {
      await (await connectSsh(route, options)).close();
    } catch (error) {
      expect(error).to.be.instanceOf(TokenrackError);
      expect((error as Error).message).not.to.include('\n');
      return error as TokenrackError;
    }
    throw new Error('it connected');
  }

  it('asks a server with several keys for the one that is known, whichever that is', async () => {
    for (const key of at.sshd.hostKeys) await works(await knowing(at.sshd.entry(key.publicLine)));
  });

  it('knows hashed names, and files given for all machines', async () => {
    const route = await knowing(at.sshd.entry(at.sshd.hostKeys[0]!.publicLine));
    const file = route.known_hosts![0]!;
    await hashKnownHosts(file);
    expect(await readFile(file, 'utf8')).to.match(/^\|1\|/);
    await works(route);
    const { known_hosts: _, ...bare } = route;
    await works(bare, { knownHosts: [join(at.folder, 'not-there'), file] });
  });

  it('refuses an unknown host with its fingerprint and the line that would make it known', async () => {
    const error = await refusal(await knowing(`other ${at.sshd.hostKeys[0]!.publicLine}`));
    expect([error.code, error.failureClass]).to.deep.equal(['host-key-unknown', 'config-error']);
    expect(error.message).to.include(at.sshd.hostKeys[0]!.fingerprint);
    expect(error.message).to.include('ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub');
    expect(error.message).to.include(join(at.folder, 'known_hosts'));
    await works(await knowing(error.message.slice(error.message.lastIndexOf('[127.0.0.1]'))));
  });

  it('refuses a changed key with both fingerprints and the place of the known one', async () => {
    const { publicLine, fingerprint } = await makeKey(join(at.folder, 'old'));
    const error = await refusal(await knowing('# first', at.sshd.entry(publicLine)));
    expect([error.code, error.failureClass]).to.deep.equal(['host-key-changed', 'infra-fail']);
    expect(error.message).to.include(fingerprint).and.to.include(at.sshd.hostKeys[0]!.fingerprint);
    expect(error.message).to.include(`${join(at.folder, 'known_hosts')}:2`);
    expect(error.message).not.to.match(/AAAA|ssh-keygen|remove|add /);
  });

  it('takes a key of another type for changed as well: nobody gets round the known one', async () => {
    await using single = await Sshd.start({ hostKeys: ['ecdsa'] });
    const file = join(at.folder, 'known_hosts');
    await writeFile(file, `${single.entry(at.sshd.hostKeys[0]!.publicLine)}\n`);
    expect((await refusal(single.host({ known_hosts: [file] }))).code).to.equal('host-key-changed');
  });

  it('refuses a revoked key, also where it is known', async () => {
    const { publicLine } = at.sshd.hostKeys[0]!;
    const error = await refusal(await knowing(at.sshd.entry(publicLine), `@revoked * ${publicLine}`));
    expect(error.code).to.equal('host-key-revoked');
    expect(error.message).to.include('known_hosts:2');
  });

  it('says that certificate authorities are not supported', async () => {
    const { publicLine } = await makeKey(join(at.folder, 'ca'));
    const error = await refusal(await knowing(`@cert-authority * ${publicLine}`));
    expect(error.code).to.equal('host-key-unknown');
    expect(error.message)
      .to.include('known_hosts:1 names a certificate authority')
      .and.include('not supported');
  });

  it('says who was refused and what was tried', async () => {
    const stranger = await makeKey(join(at.folder, 'stranger'));
    const error = await refusal(at.sshd.host({ identity_file: stranger.file }));
    expect([error.code, error.failureClass]).to.deep.equal(['ssh-auth', 'config-error']);
    for (const word of [userInfo().username, `port ${at.sshd.port}`, stranger.file, stranger.fingerprint]) {
      expect(error.message).to.include(word);
    }
    expect((await refusal(at.sshd.host({ user: 'nobody-here' }))).message).to.include('user nobody-here');
  });

  it('uses the keys of an agent', async () => {
    await using agent = await SshAgent.start();
    const { identity_file: _, ...bare } = at.sshd.host();
    expect((await refusal(bare, { agentSocket: agent.socket })).message).to.include('holds no keys');
    await agent.add((await makeKey(join(at.folder, 'stranger'))).file);
    expect((await refusal(bare, { agentSocket: agent.socket })).code).to.equal('ssh-auth');
    await agent.add(at.sshd.userKey.file);
    await works(bare, { agentSocket: agent.socket });
    expect((await refusal(bare, { agentSocket: join(at.folder, 'none') })).code).to.equal('ssh-agent');
  });

  it('uses an encrypted key by way of the agent, and says so where that lacks it', async () => {
    await using agent = await SshAgent.start();
    const secret = await makeKey(join(at.folder, 'secret'), 'ed25519', 'open sesame');
    const route = at.sshd.host({ identity_file: secret.file });
    const error = await refusal(route, { agentSocket: agent.socket });
    expect([error.code, error.failureClass]).to.deep.equal(['ssh-key', 'config-error']);
    expect(error.message).to.include(`ssh-add ${secret.file}`);
    const askpass = join(at.folder, 'askpass');
    await writeFile(askpass, "#!/bin/sh\necho 'open sesame'\n", { mode: 0o700 });
    await agent.add(secret.file, askpass);
    expect((await refusal(route, { agentSocket: agent.socket })).code).to.equal('ssh-auth');
    await writeFile(
      join(at.sshd.folder, 'authorized_keys'),
      `${at.sshd.userKey.publicLine}\n${secret.publicLine}\n`,
    );
    await works(route, { agentSocket: agent.socket });
  });

  it('refuses key files that others may read, that are public, or not there', async () => {
    const key = await makeKey(join(at.folder, 'key'));
    await chmod(key.file, 0o644);
    expect((await refusal(at.sshd.host({ identity_file: key.file }))).message).to.include('chmod 600');
    for (const file of [`${key.file}.pub`, join(at.folder, 'none'), at.folder]) {
      expect((await refusal(at.sshd.host({ identity_file: file }))).code, file).to.equal('ssh-key');
    }
  });

  it('logs in with an RSA and an ECDSA key', async () => {
    const allowed = join(at.sshd.folder, 'authorized_keys');
    for (const type of ['rsa', 'ecdsa'] as const) {
      const key = await makeKey(join(at.folder, type), type);
      await writeFile(allowed, `${at.sshd.userKey.publicLine}\n${key.publicLine}\n`);
      await works(at.sshd.host({ identity_file: key.file }));
    }
  });

  it('goes through other machines, and checks the host key of each', async () => {
    await using first = await Sshd.start();
    await using second = await Sshd.start();
    await works(at.sshd.host({ jump: [first.target, second.target] }));
    const command = sshCommand(at.sshd.host({ jump: [first.target, second.target] }));
    const printed = await promisify(execFile)('sh', ['-c', `${command} echo there`]);
    expect(printed.stdout, `what people are told to try: ${command}`).to.equal('there\n');
    expect(second.text).to.include('Accepted publickey');
    const strange = { ...second.target, known_hosts: [first.knownHosts] };
    const error = await refusal(at.sshd.host({ jump: [first.target, strange] }));
    expect(error.code).to.equal('host-key-unknown');
    expect(error.message).to.include(`port ${second.port}`);
    await second.kill();
    const away = await refusal(at.sshd.host({ jump: [first.target, second.target] }));
    expect(away.code).to.equal('ssh-unreachable');
    expect(away.message).to.include(`port ${second.port} by way of 127.0.0.1`);
  });

  it('says which step took too long', async () => {
    await using silent = await listen();
    const route = at.sshd.host({ port: silent.port });
    const error = await refusal(route, { timeoutMs: 300 });
    expect(error.code).to.equal('ssh-timeout');
    expect(error.message).to.include('the key exchange').and.include(`port ${silent.port}`);
    await using slow = await Sshd.start({
      config: ['AuthorizedKeysCommand /bin/sleep 20', `AuthorizedKeysCommandUser ${userInfo().username}`],
    });
    await writeFile(join(slow.folder, 'authorized_keys'), '');
    const login = await refusal(slow.host(), { timeoutMs: 1000 });
    expect(login.message).to.equal(
      `no answer to the login as ${userInfo().username} from 127.0.0.1 port ${slow.port} within 1 s`,
    );
    await at.sshd.kill();
    const gone = await refusal(at.sshd.host({ known_hosts: [] }));
    expect(gone.message).to.include('nothing listens there (ECONNREFUSED)');
  });

  it('stops at once when it is told to', async () => {
    await using silent = await listen();
    const reason = new Error('enough');
    const stop = new AbortController();
    setTimeout(() => stop.abort(reason), 50);
    const outcome = connectSsh(at.sshd.host({ port: silent.port }), { signal: stop.signal });
    expect(await outcome.catch((error: unknown) => error)).to.equal(reason);
  });
});

/** A server that accepts connections and says nothing. */
async function listen(): Promise<{ readonly port: number } & AsyncDisposable> {
  const server: Server = createServer((socket) => socket.on('error', () => {}));
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const { port } = server.address() as { port: number };
  return { port, [Symbol.asyncDispose]: async () => void server.close() };
}

async function textOf(stream: AsyncIterable<Uint8Array>): Promise<string> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  return Buffer.concat(chunks).toString('utf8');
}
