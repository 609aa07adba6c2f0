import { expect } from 'chai';
import { readEnvironment } from '../../config/environment.js';
import { Influxd } from './testing/influxd.js';
import { describeWithInfluxd } from './testing/influxd-tier.js';

describeWithInfluxd('the influxd of the integration tests', readEnvironment().requiredTools, () => {
  it('keeps what it acknowledged when it is killed, and comes back at the same port', async () => {
    await using server = await Influxd.start();
    const { url } = server;
    await server.write('kept,board=cam-1 value=1.5 1764547200000000007');
    await server.kill();
    const silence = await server.query('SHOW DATABASES').catch((error: unknown) => error);
    expect(silence).to.be.instanceOf(Error);
    await server.start();
    expect(server.url).to.equal(url);
    const [series] = await server.query('SELECT * FROM kept');
    expect(series?.values).to.deep.equal([['1764547200000000007', 'cam-1', 1.5]]);
  });

  it('answers nothing while it hangs, and goes on afterwards', async () => {
    await using server = await Influxd.start();
    await server.stop();
    const hung = await fetch(`${server.url}/ping`, { signal: AbortSignal.timeout(300) }).catch(String);
    expect(hung).to.contain('Timeout');
    server.cont();
    expect((await fetch(`${server.url}/ping`)).status).to.equal(204);
  });

  it('says what it refuses, in a write and in a query', async () => {
    await using server = await Influxd.start();
    const write = await server.write('no fields').catch(String);
    expect(write).to.contain('answered 400').and.to.contain('invalid field format');
    expect(await server.query('SELECT').catch(String)).to.contain('error parsing query');
  });

  it('lets nobody in without the password, where it has one', async () => {
    const credentials = { username: 'rack', password: 'correct horse' };
    await using server = await Influxd.start({ credentials });
    await server.write('m v=1 1');
    expect(await server.query('SELECT v FROM m')).to.have.length(1);
    const { status } = await fetch(`${server.url}/query?q=SHOW+DATABASES`);
    expect(status).to.equal(401);
  });
});
