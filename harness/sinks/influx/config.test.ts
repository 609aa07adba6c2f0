import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { readEnvironment } from '../../config/environment.js';
import { ConfigError } from '../../errors.js';
import { readInfluxSettings } from './config.js';
import { nameOf, withoutSecrets } from './destination.js';

const SECRET = 'hunter2-and-more';

describe('the configuration of influx', () => {
  let folder = '';
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'tokenrack-influx-'));
  });
  after(() => rm(folder, { recursive: true }));

  const read = (variables: Readonly<Record<string, string>>) => {
    const named = Object.entries(variables).map(
      ([key, value]) => [`TOKENRACK_INFLUX_${key}`, value] as const,
    );
    return readInfluxSettings(readEnvironment(Object.fromEntries(named)).influx);
  };

  async function file(name: string, text: string, mode = 0o600): Promise<string> {
    const path = join(folder, name);
    await writeFile(path, text);
    await chmod(path, mode);
    return path;
  }

  async function refused(variables: Readonly<Record<string, string>>, message: RegExp): Promise<void> {
    const error = await read(variables).catch((reason: unknown) => reason);
    expect(error).to.be.instanceOf(ConfigError);
    expect((error as Error).message)
      .to.match(message)
      .and.not.contain('hunter2');
  }

  it('is nothing where nothing is said', async () => {
    expect(await read({})).to.equal(undefined);
    expect(await read({ URL: '' })).to.equal(undefined);
  });

  it('comes from variables', async () => {
    const settings = await read({
      URL: 'https://influx.lab:8086/db',
      USER: 'rack',
      PASSWORD: SECRET,
      DATABASE: 'lab',
    });
    const { destination } = settings!;
    expect(destination).to.deep.include({ user: 'rack', password: SECRET, database: 'lab' });
    expect(nameOf(destination)).to.equal('https://influx.lab:8086/db (database lab)');
  });

  it('comes from a file, before which variables take precedence', async () => {
    const path = await file(
      'influx.yaml',
      `url: http://a:1\ntoken: ${SECRET}\nca: ca.pem\nreport_base: https://reports.lab/runs/\n`,
    );
    await file('ca.pem', 'certificates');
    const settings = await read({ FILE: path, URL: 'http://b:2' });
    expect(settings!.reportBase).to.equal('https://reports.lab/runs');
    expect(settings!.destination).to.deep.equal({
      url: new URL('http://b:2'),
      database: 'tokenrack',
      token: SECRET,
      ca: 'certificates',
    });
  });

  it('refuses a file that anyone can read', async () => {
    await refused({ FILE: await file('open.yaml', `token: ${SECRET}`, 0o644) }, /open\.yaml.*chmod 600/);
  });

  it('refuses, without quoting a value, what cannot work', async () => {
    await refused({ URL: `http://rack:${SECRET}@lab` }, /holds credentials/);
    await refused({ URL: `ftp://${SECRET}` }, /none of http or https/);
    await refused({ URL: SECRET }, /none of http or https/);
    await refused({ URL: `http://lab?p=${SECRET}` }, /has a query/);
    await refused({ URL: 'http://lab', PASSWORD: SECRET }, /without a user/);
    await refused({ URL: 'http://lab', TOKEN: SECRET, USER: 'rack' }, /one of them/);
    await refused({ URL: 'http://lab', TOKEN: `${SECRET}\n` }, /line end/);
    await refused({ URL: 'http://lab', CA: join(folder, 'none.pem') }, /none\.pem: ENOENT/);
    await refused({ FILE: join(folder, 'none.yaml') }, /cannot read .*none\.yaml/);
  });

  it('refuses a file by line, without quoting a value', async () => {
    await refused(
      { FILE: await file('key.yaml', `url: http://a\npasswort: ${SECRET}\n`) },
      /key\.yaml:2: unknown key/,
    );
    for (const text of [
      `token: *${SECRET}`,
      `token: "${SECRET}`,
      `token: @${SECRET}`,
      `token: {${SECRET}: 1}`,
    ])
      await refused({ FILE: await file('bad.yaml', `url: http://a\n${text}\n`) }, /bad\.yaml/);
  });
});

describe('a message of a server', () => {
  it('is shown without the secrets that were sent to it', () => {
    const destination = { url: new URL('http://a'), database: 'd', user: 'rack', password: SECRET };
    const basic = Buffer.from(`rack:${SECRET}`).toString('base64');
    expect(withoutSecrets(`${SECRET} and Basic ${basic}`, destination)).to.equal('*** and Basic ***');
    expect(withoutSecrets('Token abc', { url: destination.url, database: 'd', token: 'abc' })).to.equal(
      'Token ***',
    );
  });
});
