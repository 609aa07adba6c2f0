import { expect } from 'chai';
import { describePorts } from '../link/usb-ports.js';
import { resolvePort } from './resolve-port.js';

describe('where a usb board is now', () => {
  const listed = describePorts(
    [{ path: '/dev/ttyUSB4', vendorId: '1A86', productId: '7523' }, { path: '/dev/ttyUSB5' }],
    new Map([['/dev/ttyUSB4', ['pci-usb-0:1', 'pci-usbv2-0:1']]]),
  );
  const facts = (...there: string[]) => ({
    exists: (path: string) => there.includes(path),
    list: async () => listed,
  });

  it('is where the rack says, while there is such a port', async () => {
    const board = { port: '/dev/ttyUSB0', usb_path: 'pci-usb-0:1' };
    expect(await resolvePort(board, facts('/dev/ttyUSB0'))).to.equal('/dev/ttyUSB0');
    expect(await resolvePort({ ...board, port: '/dev/ttyUSB5' }, facts())).to.equal('/dev/ttyUSB5');
  });

  it('is where its adapter is plugged in, when the port got another name; by any of the names of that place', async () => {
    for (const usb_path of ['pci-usb-0:1', 'pci-usbv2-0:1'])
      expect(await resolvePort({ port: '/dev/ttyUSB0', usb_path }, facts())).to.equal('/dev/ttyUSB4');
  });

  it('is said as the rack has it when nothing is there: opening it tells what is wrong', async () => {
    expect(await resolvePort({ port: '/dev/ttyUSB0', usb_path: 'other' }, facts())).to.equal('/dev/ttyUSB0');
    expect(await resolvePort({ port: '/dev/ttyUSB0' }, facts())).to.equal('/dev/ttyUSB0');
  });

  it('takes the location where a system has no by-path names, and hex digits in one case', () => {
    const [port] = describePorts(
      [{ path: 'COM4', vendorId: '1A86', productId: '7523', locationId: 'Port_#0002.Hub_#0001' }],
      new Map(),
    );
    expect(port).to.deep.equal({
      path: 'COM4',
      vendorId: '1a86',
      productId: '7523',
      usbPaths: ['Port_#0002.Hub_#0001'],
    });
  });
});
