import { expect } from 'chai';
import { FirmwareAbort, SoftwareReset } from './chip-signals.js';
import { panicText } from './panic.js';

const elf = '0123456789abcdef0123456789abcdef';

/** A trap as V8 words it, with frames of the module and of ours. */
function trap(message: string): WebAssembly.RuntimeError {
  const error = new WebAssembly.RuntimeError(message);
  error.stack = [
    `RuntimeError: ${message}`,
    '    at inner (wasm://wasm/0badcafe:wasm-function[7]:0x1a2b)',
    '    at app_main (wasm://wasm/0badcafe:wasm-function[3]:0x44)',
    '    at runApp (file:///somewhere/app-run.js:1:1)',
  ].join('\n');
  return error;
}

describe('panic text', () => {
  it('has the headline, the backtrace innermost first, the ELF hash and the reboot, as ESP-IDF prints them', () => {
    const text = panicText(trap('unreachable'), elf)!;
    expect(text.split('\r\n').filter((line) => line !== '')).to.deep.equal([
      "Guru Meditation Error: Core  0 panic'ed (IllegalInstruction). Exception was unhandled.",
      'Backtrace: 0x400d1a2b:0x00000000 0x400d0044:0x00000000',
      'ELF file SHA256: 0123456789abcdef',
      'Rebooting...',
    ]);
  });

  it('names the exception by the trap', () => {
    const names = {
      'memory access out of bounds': 'LoadProhibited',
      'divide by zero': 'IntegerDivideByZero',
      'table index is out of bounds': 'InstrFetchProhibited',
      'null function or function signature mismatch': 'InstrFetchProhibited',
      'something new': 'Unhandled',
    };
    for (const [message, name] of Object.entries(names)) {
      expect(panicText(trap(message), elf), message).to.include(`panic'ed (${name})`);
    }
  });

  it("tells an abort and an exhausted stack, and leaves alone what is not the firmware's", () => {
    expect(panicText(new FirmwareAbort('no more'), elf)).to.match(
      /no more\r\n\r\nabort\(\) was called at PC 0x/,
    );
    expect(panicText(new RangeError('Maximum call stack size exceeded'), elf)).to.include(
      'A stack overflow in task main',
    );
    expect(panicText(new RangeError('Invalid array length'), elf)).to.equal(undefined);
    expect(panicText(new SoftwareReset(), elf)).to.equal(undefined);
  });
});
