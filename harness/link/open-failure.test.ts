import { expect } from 'chai';
import { openFailure } from './open-failure.js';

describe('failure to open a port', () => {
  it('is read from what the bindings of Linux, macOS and Windows say', () => {
    const codes = {
      'Error Resource temporarily unavailable Cannot lock port': 'port-in-use',
      'Error: Device or resource busy, cannot open /dev/ttyUSB0': 'port-in-use',
      'Error: Resource busy, cannot open /dev/tty.usbserial': 'port-in-use',
      'Opening COM4: Access denied': 'port-in-use',
      'Error: Permission denied, cannot open /dev/ttyUSB0': 'port-no-permission',
      'Error: No such file or directory, cannot open /dev/ttyUSB0': 'no-such-port',
      'Opening COM4: File not found': 'no-such-port',
      'Error: Input/output error, cannot open /dev/ttyUSB0': 'port-failed',
    };
    for (const [said, code] of Object.entries(codes)) {
      const failure = openFailure('the-port', new Error(said));
      expect(failure.code, said).to.equal(code);
      expect(failure.message).to.match(/^the-port: .*(: |;)/);
    }
  });
});
