import { expect } from 'chai';
import { ConfigError } from '../../errors.js';
import { checkedUrl, openableUrl, redactUrl } from './queue-url.js';

describe('the URL of a queue', () => {
  it('is shown without its password', () => {
    expect(redactUrl('redis://:secret@lab-1:6379/0')).to.equal('redis://:***@lab-1:6379/0');
    expect(redactUrl('rediss://me:s3cret@lab-1')).to.equal('rediss://me:***@lab-1');
    expect(redactUrl('redis://lab-1:6379')).to.equal('redis://lab-1:6379');
    expect(redactUrl('redis://me:p@ss/w:rd@lab-1:6379/0')).to.equal('redis://me:***@lab-1:6379/0');
    expect(redactUrl('me:p@ss@lab-1:6379')).to.equal('me:***@lab-1:6379');
    expect(redactUrl('http//me:secret@lab-1')).to.equal('http//me:***@lab-1');
    expect(redactUrl('redis://lab-1?db=1&password=secret&x=1')).to.equal(
      'redis://lab-1?db=1&password=***&x=1',
    );
  });

  it('is refused where its password is not encoded, and no part of that is told', () => {
    for (const url of ['redis://me:s3/cr3t@lab-1', 'redis://me:33/cr3t@lab-1', 'redis://me:100%cr3t@lab-1']) {
      expect(() => checkedUrl(url), url)
        .to.throw(
          ConfigError,
          /^"redis:\/\/me:\*\*\*@lab-1" is no Redis URL; .* in a password are written %2F/,
        )
        .with.property('code', 'queue-url');
    }
    const encoded = 'redis://me:s%2Fcr%25t@lab-1:6379/0';
    expect(checkedUrl(encoded)).to.equal(encoded);
  });

  it('gets its password back from whoever says it for the same queue', () => {
    const whole = 'redis://:secret@lab-1:6379';
    const kept = redactUrl(whole);
    expect(openableUrl(kept, whole, undefined)).to.equal(whole);
    expect(openableUrl(kept, undefined, whole)).to.equal(whole);
    expect(openableUrl(kept, 'redis://lab-2', whole), 'a queue that moved').to.equal('redis://lab-2');
    expect(openableUrl('redis://lab-1', undefined, whole), 'it needs none').to.equal('redis://lab-1');
    for (const standing of [undefined, 'redis://:secret@lab-2:6379'])
      expect(() => openableUrl(kept, undefined, standing)).to.throw(ConfigError, /--queue.*TOKENRACK_QUEUE/);
  });
});
