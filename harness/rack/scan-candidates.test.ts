import { expect } from 'chai';
import { boardSchema } from './rack-schema.js';
import { candidatePorts } from './scan-candidates.js';

const mac = '24:6f:28:00:00:0a';
const adapter = (path: string, vendorId: string, productId: string, ...usbPaths: string[]) => ({
  path,
  vendorId,
  productId,
  usbPaths,
});

describe('ports where a board may be', () => {
  const realPath = (path: string): string => path.replace('/dev/serial/by-id/ch', '/dev/ttyUSB0');

  it('are those with an adapter that boards have, and no modem or built-in port', () => {
    const listed = [
      adapter('/dev/ttyUSB0', '1a86', '7523', 'usb-1', 'usbv2-1'),
      adapter('/dev/ttyUSB1', '10c4', 'ea60'),
      adapter('/dev/ttyUSB2', '0403', '6001'),
      adapter('/dev/ttyACM0', '10c4', '8a2a'),
      adapter('/dev/ttyACM1', '2341', '0043'),
      { path: '/dev/ttyS0', usbPaths: [] },
    ];
    expect(candidatePorts({ listed, named: [], boards: [], realPath })).to.deep.equal([
      { path: '/dev/ttyUSB0', adapter: 'CH340', usbPaths: ['usb-1', 'usbv2-1'] },
      { path: '/dev/ttyUSB1', adapter: 'CP210x', usbPaths: [] },
      { path: '/dev/ttyUSB2', adapter: 'FTDI', usbPaths: [] },
    ]);
  });

  it('are each looked at once, by the name that the rack file has for it', () => {
    const boards = [
      boardSchema.parse({ id: 'a', mac, link: 'usb', port: '/dev/serial/by-id/ch' }),
      boardSchema.parse({ id: 'b', mac, link: 'rfc2217', host: 'lab', port: 4000 }),
      boardSchema.parse({ id: 'v', mac, link: 'virtual' }),
    ];
    const listed = [adapter('/dev/ttyUSB0', '1a86', '7523', 'usb-1')];
    const named = ['/dev/ttyUSB0', '/dev/ttyACM1', 'rfc2217://lab:4000'];
    const found = candidatePorts({ listed, named, boards, realPath });
    expect(found).to.deep.equal([
      { path: '/dev/serial/by-id/ch', adapter: 'CH340', usbPaths: ['usb-1'], expected: boards[0] },
      { path: 'rfc2217://lab:4000', usbPaths: [], expected: boards[1] },
      { path: '/dev/ttyACM1', usbPaths: [] },
    ]);
  });
});
