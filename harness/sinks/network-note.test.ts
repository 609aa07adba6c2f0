import { expect } from 'chai';
import { formatNetwork } from './network-note.js';

const board = (id: string, link: string) => ({ id, mac: '24:6f:28:00:00:01', link, clock: 'hardware' });

describe('network note', () => {
  it('names the boards behind serial servers, and only those', () => {
    const boards = [board('near', 'usb'), board('far', 'rfc2217'), board('virtual', 'virtual')];
    expect(formatNetwork({ boards })).to.match(/^link: far over a network \(rfc2217\): .*arrival stamps/);
    expect(formatNetwork({ boards: boards.slice(0, 1) })).to.equal('');
  });
});
