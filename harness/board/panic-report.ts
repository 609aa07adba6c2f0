import type { PanicEvent } from './log-event.js';

/** First lines of a panic as ESP-IDF's panic handler prints them (components/esp_system/panic.c, freertos port.c). */
const panicStart =
  /^(?:Guru Meditation Error: Core +(\d) panic'ed \((.*?)\)\.|abort\(\) was called at PC |assert failed: |\*\*\*ERROR\*\*\* A stack overflow in task |Stack smashing protect failure!)/;

/** The handler's last words; after them the chip resets, halts or speaks gdb's protocol. */
const panicEnd = /^(?:Rebooting\.\.\.|CPU halted\.|Entering gdb stub now\.)$/;

const register = /\b([A-Z][A-Z0-9]{0,7}) *: 0x([0-9a-f]{8})/g;
const backtrace = /^Backtrace: ?((?:0x[0-9a-f]+:0x[0-9a-f]+ ?)+)/;
const elfHash = /^ELF file SHA256: ([0-9a-f]+)/;

export function isPanicStart(text: string): boolean {
  return panicStart.test(text);
}

export function isPanicEnd(text: string): boolean {
  return panicEnd.test(text.trimEnd());
}

/**
 * Reads a panic's gathered lines, the first being its start. Of two cores' dumps the first is taken: the
 * handler prints the core that panicked first.
 */
export function readPanic(
  lines: readonly string[],
): Pick<PanicEvent, 'reason' | 'core' | 'registers' | 'backtrace' | 'elfSha256'> {
  const first = lines[0] ?? '';
  const guru = panicStart.exec(first);
  const elfSha256 = firstMatch(lines, elfHash);
  return {
    reason: guru?.[2] ?? first.trimEnd(),
    ...(guru?.[1] === undefined ? {} : { core: Number(guru[1]) }),
    registers: readRegisters(lines),
    backtrace: firstMatch(lines, backtrace)?.trim().split(/ +/) ?? [],
    ...(elfSha256 === undefined ? {} : { elfSha256 }),
  };
}

function firstMatch(lines: readonly string[], pattern: RegExp): string | undefined {
  for (const line of lines) {
    const match = pattern.exec(line);
    if (match !== null) return match[1];
  }
  return undefined;
}

function readRegisters(lines: readonly string[]): Map<string, string> {
  const registers = new Map<string, string>();
  for (const line of lines) {
    for (const [, name, value] of line.matchAll(register)) {
      if (!registers.has(name!)) registers.set(name!, value!);
    }
  }
  return registers;
}
