import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { expect } from 'chai';
import type { PowerControl } from '../power-schema.js';
import { boardSchema, type RackBoard } from '../rack-schema.js';
import { powerCycle } from './power-cycle.js';
import { powerSwitchOf } from './power-switch.js';
import { reportedPorts } from './uhubctl.js';

function boardWith(power?: object): RackBoard {
  const usb = { id: 'cam-9', link: 'usb', port: '/dev/ttyUSB9', mac: '24:6f:28:00:00:09' };
  return boardSchema.parse(power === undefined ? usb : { ...usb, power });
}

async function failureOf(act: Promise<unknown>): Promise<{ code: string; message: string }> {
  return act.then(
    () => expect.fail('it should have failed'),
    (error) => error,
  );
}

/** The ports' states are lines of `state`: `hub port on|off`. What it prints is laid out as uhubctl 2.5.0 does. */
const fakeUhubctl = `#!/bin/sh
echo "$@" >> "$(dirname "$0")/calls"
hub=$2; port=$4; state=$6
mode=$(cat "$(dirname "$0")/mode" 2>/dev/null)
if [ "$mode" = hang ]; then sleep 30; fi
if [ "$mode" = forbidden ]; then
  echo "There were permission problems while accessing USB." >&2
  echo "No compatible devices detected at location $hub!" >&2; exit 1; fi
on="0103 power enable connect [0403:6001 power FTDI]"; off="0000 off"
if [ "$mode" = stuck ]; then off="$on"; fi
echo "Current status for hub $hub [0bda:5411 Generic USB2.1 Hub, USB 2.10, 4 ports, ppps]"
echo "  Port $port: $on"
echo "Sent power $state request"
echo "New status for hub $hub [0bda:5411 Generic USB2.1 Hub, USB 2.10, 4 ports, ppps]"
for p in $port; do if [ $state = on ]; then echo "  Port $p: $on"; else echo "  Port $p: $off"; fi; done
if [ "$mode" = old ]; then echo "  Port 7: $off"; fi
`;

describe('powerSwitchOf', () => {
  it('knows none for a board whose supply nobody switches', () => {
    expect(powerSwitchOf(boardWith())).to.equal(undefined);
  });

  it('switches a virtual board’s own supply, unless the rack file says how', async () => {
    const calls: string[] = [];
    const supply = { cutPower: () => calls.push('cut'), restorePower: () => calls.push('restore') };
    const power = powerSwitchOf(boardWith(), supply)!;
    await powerCycle(power, { offMs: 1 });
    expect(calls).to.deep.equal(['cut', 'restore']);
    const written = { kind: 'command', on: ['true'], off: ['true'] };
    expect(powerSwitchOf(boardWith(written), supply)?.what).to.equal('the command true');
  });
});

describe('power by uhubctl', () => {
  const path = process.env.PATH!;
  let folder = '';
  const power = () => powerSwitchOf(boardWith({ kind: 'uhubctl', hub: '1-1.4', port: 2 }))!;
  const mode = (name: string) => writeFile(join(folder, 'mode'), name);
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'tokenrack-uhubctl-'));
    await writeFile(join(folder, 'uhubctl'), fakeUhubctl);
    await chmod(join(folder, 'uhubctl'), 0o755);
    process.env.PATH = folder + delimiter + path;
  });
  afterEach(async () => {
    process.env.PATH = path;
    await rm(folder, { recursive: true });
  });

  it('switches one port of one hub', async () => {
    await power().off();
    await power().on();
    const calls = await readFile(join(folder, 'calls'), 'utf8');
    expect(calls).to.equal('-l 1-1.4 -p 2 -a off\n-l 1-1.4 -p 2 -a on\n');
  });

  it('does not believe a hub that reports the port on after switching it off', async () => {
    await mode('stuck');
    const { code, message } = await failureOf(power().off());
    expect(code).to.equal('power-failed');
    expect(message).to.equal(
      'cam-9: uhubctl switched hub 1-1.4 port 2 off, but it reports port 2 of hub 1-1.4 on afterwards: the hub may not switch its ports',
    );
  });

  it('says so when another port went as well', async () => {
    await mode('old');
    expect((await failureOf(power().off())).message).to.match(
      /but ports 7 too: install uhubctl 2\.0 or later/,
    );
  });

  it('passes on what uhubctl said, with what to do about missing permissions', async () => {
    await mode('forbidden');
    expect((await failureOf(power().off())).message).to.match(
      /uhubctl -l 1-1\.4 -p 2 -a off ended with 1: There were permission problems .* let this user open the hub/,
    );
  });

  it('kills it, and what it started, after its time', async () => {
    await mode('hang');
    const before = performance.now();
    const { code, message } = await failureOf(power().off({ timeoutMs: 200 }));
    expect(code).to.equal('power-timeout');
    expect(message).to.equal('cam-9: uhubctl has not ended after 200 ms and was killed, and said nothing');
    expect(performance.now() - before).to.be.below(5000);
  });

  it('ends with the caller’s signal, and its reason', async () => {
    await mode('hang');
    const reason = new Error('enough');
    const abort = new AbortController();
    const failed = failureOf(power().off({ signal: abort.signal }));
    abort.abort(reason);
    expect(await failed).to.equal(reason);
  });

  it('says that it is not installed', async () => {
    process.env.PATH = '/nowhere';
    expect((await failureOf(power().off())).message).to.equal(
      'cam-9: uhubctl is not installed, or not on PATH',
    );
  });
});

describe('reportedPorts', () => {
  it('reads both halves of a USB 3 hub, and takes no device’s name for a state', () => {
    const output = [
      'Current status for hub 2-1 [2109:0813 VIA, USB 3.00, 4 ports, ppps]',
      '  Port 2: 02a0 power 5gbps Rx.Detect',
      'Sent power off request',
      'New status for hub 2-1 [2109:0813 VIA, USB 3.00, 4 ports, ppps]',
      '  Port 2: 00a0 off',
      'Current status for hub 1-1 [2109:2813 VIA, USB 2.10, 4 ports, ppps]',
      '  Port 2: 0103 power enable connect [1a86:7523]',
      'Sent power off request',
      'New status for hub 1-1 [2109:2813 VIA, USB 2.10, 4 ports, ppps]',
      '  Port 2: 0001 connect [1234:5678 power bank]',
    ];
    expect(reportedPorts(output.join('\n'))).to.deep.equal([
      { hub: '2-1', port: 2, on: false },
      { hub: '1-1', port: 2, on: false },
    ]);
  });
});

describe('power by a command', () => {
  const power = (on: string[], off = on) => powerSwitchOf(boardWith({ kind: 'command', on, off }))!;

  it('hands over its words as they are, without a shell', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'tokenrack-power-'));
    const file = join(folder, 'said');
    const words = [
      process.execPath,
      '-e',
      'fs.writeFileSync(process.argv[1], process.argv[2])',
      file,
      '$HOME; *',
    ];
    await power(words).on();
    expect(await readFile(file, 'utf8')).to.equal('$HOME; *');
    await rm(folder, { recursive: true });
  });

  it('fails with the exit code and what the program said, and tells no arguments', async () => {
    const words = ['sh', '-c', 'echo outlet 4 is locked >&2; exit 7', 's3cret'];
    const { code, message } = await failureOf(power(['true'], words).off());
    expect(code).to.equal('power-failed');
    expect(message).to.equal('cam-9: sh ended with 7: outlet 4 is locked');
  });

  it('switches it on again though the pause was cut short', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'tokenrack-power-'));
    const file = join(folder, 'calls');
    const say = (what: string) => ['sh', '-c', `echo ${what} >> "${file}"`];
    const abort = new AbortController();
    const cycling = powerCycle(power(say('on'), say('off')), { offMs: 60_000, signal: abort.signal });
    const poll = setInterval(async () => {
      if ((await readFile(file, 'utf8').catch(() => '')) !== '') abort.abort(new Error('enough'));
    }, 10);
    await failureOf(cycling);
    clearInterval(poll);
    expect(await readFile(file, 'utf8')).to.equal('off\non\n');
    await rm(folder, { recursive: true });
  });
});

describe('power by HTTP', () => {
  let server: Server;
  let base = '';
  const seen: string[] = [];
  before((done) => {
    server = createServer((request, response) => {
      let body = '';
      request.on('data', (bytes) => {
        body += bytes;
      });
      request.on('end', () => {
        const { 'x-key': key = '-', authorization } = request.headers;
        seen.push([request.method, request.url, key, body, ...(authorization ?? '').split(' ')].join(' '));
        if (request.url?.startsWith('/slow')) return;
        response.statusCode = request.url?.startsWith('/bad') ? 503 : 204;
        response.end(request.url?.startsWith('/bad') ? `relay board offline: ${request.url}` : undefined);
      });
    });
    server.listen(0, '127.0.0.1', () => {
      base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
      done();
    });
  });
  after(() => {
    server.closeAllConnections();
    server.close();
  });
  beforeEach(() => {
    seen.length = 0;
  });
  const power = (off: object) =>
    powerSwitchOf(boardWith({ kind: 'http', on: { url: `${base}/on` }, off } as unknown as PowerControl))!;

  it('makes the call with its method, headers and body, and takes any 2xx for done', async () => {
    const off = { url: `${base}/outlet/4?k=s3cret`, method: 'PUT', headers: { 'X-Key': 'abc' }, body: 'off' };
    await power(off).off();
    await power(off).on();
    expect(seen).to.deep.equal(['PUT /outlet/4?k=s3cret abc off ', 'POST /on -  ']);
  });

  it('fails with the status and what was answered, and tells no secrets', async () => {
    const { code, message } = await failureOf(power({ url: `${base}/bad?key=s3cret` }).off());
    expect(code).to.equal('power-failed');
    expect(message).to.equal(`cam-9: POST ${base}/bad was answered with 503: relay board offline: /bad?***`);
  });

  it('logs in as the URL says, and tells no password', async () => {
    const withLogin = (url: string) => url.replace('//', '//admin:geheim%3A1@');
    await power({ url: withLogin(`${base}/outlet/4`) }).off();
    expect(seen).to.deep.equal([
      `POST /outlet/4 -  Basic ${Buffer.from('admin:geheim:1').toString('base64')}`,
    ]);
    const { message } = await failureOf(power({ url: withLogin('http://127.0.0.1:1/off?k=geheim2') }).off());
    expect(message).to.match(/^cam-9: POST http:\/\/127\.0\.0\.1:1\/off: .*(ECONNREFUSED|bad port)/);
    expect(message).not.to.contain('geheim');
  });

  it('quotes no header that cannot be sent', async () => {
    const { code, message } = await failureOf(
      power({ url: `${base}/off`, headers: { 'X-Key': 'gehe\nim' } }).off(),
    );
    expect(code).to.equal('power-failed');
    expect(message).to.contain('look at its headers').and.not.contain('gehe');
  });

  it('fails when nothing answers in time, and when nobody is there', async () => {
    const slow = await failureOf(power({ url: `${base}/slow` }).off({ timeoutMs: 100 }));
    expect(slow.code).to.equal('power-timeout');
    const nobody = await failureOf(power({ url: 'http://127.0.0.1:1/off' }).off());
    expect(nobody.message).to.match(/^cam-9: POST http:\/\/127\.0\.0\.1:1\/off: .*(ECONNREFUSED|bad port)/);
  });
});
