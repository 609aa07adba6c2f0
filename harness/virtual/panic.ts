import { FirmwareAbort } from './chip-signals.js';

/** Where instructions lie on the ESP32; a WebAssembly code offset stands for an offset from here. */
const instructionBase = 0x400d0000;

/** Exception names of the ESP32's panic handler, by what WebAssembly trapped on; the first that fits counts. */
const trapNames: readonly (readonly [RegExp, string])[] = [
  [/unreachable/, 'IllegalInstruction'],
  [/table|signature/, 'InstrFetchProhibited'],
  [/out of bounds/, 'LoadProhibited'],
  [/divide by zero|remainder by zero/, 'IntegerDivideByZero'],
];

/**
 * What ESP-IDF's panic handler would print for a failure of the firmware: a WebAssembly trap, an exhausted stack, or
 * an abort. Absent when `failure` is none of these, and so not the firmware's. The stack pointers of the backtrace
 * are not modelled and stand as zero; its addresses are the module's code offsets above 0x400d0000.
 */
export function panicText(failure: unknown, elfSha256: string): string | undefined {
  const headline = panicHeadline(failure);
  if (headline === undefined) return undefined;
  return [
    '',
    headline,
    '',
    '',
    `Backtrace: ${backtrace(failure as Error)}`,
    '',
    '',
    '',
    '',
    `ELF file SHA256: ${elfSha256.slice(0, 16)}`,
    '',
    'Rebooting...',
    '',
  ].join('\r\n');
}

function panicHeadline(failure: unknown): string | undefined {
  if (failure instanceof FirmwareAbort) {
    return `${failure.message}\r\n\r\nabort() was called at PC ${hex(programCounters(failure)[0] ?? 0)} on core 0`;
  }
  if (failure instanceof RangeError && /call stack/.test(failure.message)) {
    return '***ERROR*** A stack overflow in task main has been detected.';
  }
  if (!(failure instanceof WebAssembly.RuntimeError)) return undefined;
  const name = trapNames.find(([pattern]) => pattern.test(failure.message))?.[1] ?? 'Unhandled';
  return `Guru Meditation Error: Core  0 panic'ed (${name}). Exception was unhandled.`;
}

function backtrace(failure: Error): string {
  return programCounters(failure)
    .map((counter) => `${hex(counter)}:0x00000000`)
    .join(' ');
}

/** V8 writes a WebAssembly frame as `wasm-function[INDEX]:0xOFFSET`, innermost first. */
function programCounters(failure: Error): number[] {
  const frames = (failure.stack ?? '').matchAll(/wasm-function\[\d+\]:0x([0-9a-f]+)/g);
  return [...frames].map((frame) => instructionBase + Number.parseInt(frame[1]!, 16));
}

function hex(value: number): string {
  return `0x${value.toString(16).padStart(8, '0')}`;
}
