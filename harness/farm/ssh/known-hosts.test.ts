import { createHmac } from 'node:crypto';
import { expect } from 'chai';
import { coversHost, hostName, parseKnownHosts } from './known-hosts.js';

/** A key in wire format, as far as known_hosts looks at it. */
function wireKey(type: string, content: string): Buffer {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(type.length);
  return Buffer.concat([length, Buffer.from(type), Buffer.from(content)]);
}

const KEY = wireKey('ssh-ed25519', 'key').toString('base64');

describe('known_hosts', () => {
  it('reads lines with their numbers and passes over what holds no key', () => {
    const text = [
      '# comment',
      '',
      `lab ssh-ed25519 ${KEY} someone@somewhere`,
      'lab ssh-ed25519',
      `lab ssh-rsa ${KEY}`,
      'lab ssh-ed25519 !!!',
      `@revoked\t* ssh-ed25519   ${KEY}`,
      `@cert-authority *.lab ssh-ed25519 ${KEY}`,
      `@other * ssh-ed25519 ${KEY}`,
      'lab 1024 35 1234567',
      `  last ssh-ed25519 ${KEY}\r`,
    ].join('\n');
    const lines = parseKnownHosts('file', text);
    expect(lines.map(({ line, names, marker }) => [line, names, marker])).to.deep.equal([
      [3, 'lab', undefined],
      [7, '*', 'revoked'],
      [8, '*.lab', 'cert-authority'],
      [11, 'last', undefined],
    ]);
  });

  it('names the port only where it is not 22', () => {
    expect(hostName('Lab-3', 22)).to.equal('lab-3');
    expect(hostName('Lab-3', 2222)).to.equal('[lab-3]:2222');
  });

  const covered: [string, string, boolean][] = [
    ['lab', 'lab', true],
    ['LAB', 'lab', true],
    ['lab', 'lab2', false],
    ['other,lab', 'lab', true],
    ['lab', '[lab]:2222', false],
    ['[lab]:2222', '[lab]:2222', true],
    ['[lab]:2222', 'lab', false],
    ['[*]:2222', '[lab]:2222', true],
    ['*', '[lab]:2222', true],
    ['*.lab', 'a.lab', true],
    ['*.lab', 'axlab', false],
    ['lab-?', 'lab-3', true],
    ['lab-?', 'lab-33', false],
    ['10.0.0.?', '10.0.0.7', true],
    ['10.0.0.7', '10a0b0c7', false],
    ['*.lab,!bad.lab', 'good.lab', true],
    ['*.lab,!bad.lab', 'bad.lab', false],
    ['!bad.lab,*.lab', 'bad.lab', false],
    ['!lab', 'other', false],
    ['a|b(c', 'lab', false],
    ['fe80::1', 'fe80::1', true],
  ];
  for (const [names, host, expected] of covered) {
    it(`says that ${names} ${expected ? 'covers' : 'does not cover'} ${host}`, () => {
      expect(coversHost(names, host)).to.equal(expected);
    });
  }

  it('knows hashed names, and no host by a damaged hash', () => {
    const salt = Buffer.from('0123456789abcdefghij');
    const hash = createHmac('sha1', salt).update('[lab]:2222').digest('base64');
    const names = `|1|${salt.toString('base64')}|${hash}`;
    expect(coversHost(names, '[lab]:2222')).to.equal(true);
    expect(coversHost(names, 'lab')).to.equal(false);
    expect(coversHost(names.replace('|1|', '|2|'), '[lab]:2222')).to.equal(false);
    expect(coversHost(names.slice(0, -6), '[lab]:2222')).to.equal(false);
    expect(coversHost('|1|', '[lab]:2222')).to.equal(false);
  });
});
