import { PassThrough } from 'node:stream';
import { expect } from 'chai';
import { type HostClient, openHostClient } from './client.js';

const never = new AbortController().signal;
const outcome = {
  job: 'a',
  try: 1,
  verdict: 'pass',
  failures: [],
  machine: 'far',
  startedAt: '',
  endedAt: '',
  boards: [],
};

/** The controller's end alone: what a host says is written by hand. */
describe('the client of a rack host', () => {
  let stdin: PassThrough;
  let stdout: PassThrough;
  let client: HostClient;
  beforeEach(() => {
    stdin = new PassThrough();
    stdout = new PassThrough();
    client = openHostClient({ stdin, stdout, name: 'desk-2' });
  });

  const say = (value: unknown) => stdout.write(`${JSON.stringify(value)}\n`);
  const lost = (promise: Promise<unknown>): Promise<string> =>
    promise.then(
      () => expect.fail('it came to something'),
      (error: { code: string; message: string }) => {
        expect(error.code, error.message).to.equal('connection-lost');
        return error.message;
      },
    );

  it('puts answers to their requests, in whatever order and pieces they come', async () => {
    const first = client.call('blobs.missing', { hashes: [] });
    const second = client.call('job.stop', { job: 'a', try: 1 });
    const hash = 'a'.repeat(64);
    const text = `${JSON.stringify({ id: 2, result: {} })}\n${JSON.stringify({ id: 1, result: { missing: [hash] } })}\n`;
    for (const byte of Buffer.from(text)) stdout.write(Buffer.of(byte));
    expect(await second).to.deep.equal({});
    expect(await first).to.deep.equal({ missing: [hash] });
  });

  it('skips a login banner, and tells it when nothing else comes', async () => {
    stdout.write('Welcome to desk-2\r\n\r\n{"motd": true}\n');
    const answered = client.call('job.stop', { job: 'a', try: 1 });
    say({ id: 1, result: {} });
    await answered;
    expect(client.banner).to.match(/Welcome to desk-2\n\n\{"motd": true}/);

    const silent = new PassThrough();
    const other = openHostClient({ stdin: new PassThrough(), stdout: silent });
    silent.end('bash: tokenrack: command not found\n');
    expect(await lost(other.call('job.stop', { job: 'a', try: 1 }))).to.match(/tokenrack: command not found/);
  });

  it('fails every call that waits when the connection ends, and every later one', async () => {
    const calls = [
      client.call('job.stop', { job: 'a', try: 1 }),
      client.follow({ id: 'a', try: 1 }, 0, () => {}, never),
    ];
    stdout.end();
    for (const call of calls) expect(await lost(call)).to.match(/connection to desk-2 is lost/);
    await lost(client.call('job.stop', { job: 'a', try: 1 }));
    expect(await client.ended).to.have.property('code', 'connection-lost');
  });

  it('fails when the host cannot be written to', async () => {
    const call = client.call('job.stop', { job: 'a', try: 1 });
    stdin.destroy(new Error('write EPIPE'));
    expect(await lost(call)).to.match(/EPIPE/);
  });

  it('takes what is no answer, in the middle of answers, for the end', async () => {
    const first = client.call('job.stop', { job: 'a', try: 1 });
    say({ id: 1, result: {} });
    await first;
    const second = client.call('job.stop', { job: 'a', try: 1 });
    stdout.write('Segmentation fault\n');
    expect(await lost(second)).to.match(/Segmentation fault/);
  });

  it('does not keep a line without an end', async () => {
    const call = client.call('job.stop', { job: 'a', try: 1 });
    const mebibyte = Buffer.alloc(1 << 20, 'x');
    for (let index = 0; index < 17; index++) stdout.write(mebibyte);
    expect(await lost(call)).to.match(/line without an end/);
  });

  it('refuses an answer that is none to the question', async () => {
    const call = client.call('blobs.missing', { hashes: [] });
    say({ id: 1, result: { missing: 7 } });
    const error = await call.catch((cause: unknown) => cause);
    expect(error).to.have.property('code', 'bad-answer');
  });

  it('refuses another version, with the command that installs the right one', async () => {
    const hello = client.hello('1.2.3');
    say({ id: 1, result: { version: '1.2.2', machine: 'far', boot: 'b', blobs: '/b' } });
    const error = (await hello.catch((cause: unknown) => cause)) as Error;
    expect(error).to.have.property('code', 'other-version');
    expect(error.message).to.match(/desk-2 has tokenrack 1\.2\.2.*npm install -g tokenrack@1\.2\.3/);
  });

  it('throws what the host says went wrong, by its class', async () => {
    const call = client.call('job.stop', { job: 'a', try: 1 });
    say({ id: 1, error: { code: 'no-job', class: 'infra-fail', message: 'there is no job' } });
    const error = await call.catch((cause: unknown) => cause);
    expect(error).to.include({ code: 'no-job', failureClass: 'infra-fail', message: 'there is no job' });
  });

  it('hands over the lines of a job, and asks the host to end when nobody wants more', async () => {
    const stop = new AbortController();
    const told: number[] = [];
    const onLine = (_: unknown, next: number) => void told.push(next);
    const followed = client.follow({ id: 'a', try: 1 }, 0, onLine, stop.signal);
    say({ id: 1, line: { at: 't', note: 'n' }, next: 20 });
    await new Promise(setImmediate);
    stop.abort(new Error('enough'));
    expect(await followed.catch((error: Error) => error.message)).to.equal('enough');
    say({ id: 1, line: { at: 't', note: 'n' }, next: 40 });
    await new Promise(setImmediate);
    expect(told).to.deep.equal([20]);
    expect(stdin.read().toString()).to.match(/"method":"cancel","params":\{"request":1\}/);

    const again = client.follow({ id: 'a', try: 1 }, 20, onLine, never);
    say({ id: 3, result: { outcome } });
    expect(await again).to.deep.equal(outcome);
  });
});
