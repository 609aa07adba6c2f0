import { BoardError } from '../board/board-error.js';
import type { ProbeConsole } from '../board/probe-console.js';
import type { CheckFigures, FindingCode } from './check-result.js';
import type { Checked } from './checked-board.js';

/** What an ESP32 maps of its 8 MB module is 4 MB; the system takes some of it. */
const LEAST_PSRAM_BYTES = 4_000_000;

type Tested = Awaited<ReturnType<ProbeConsole['probe']>>;

/**
 * Its size, as the system found it at boot, and whether what is free of it holds what is written to it: 1.3 s of the board's time.
 * Firmware without that test is checked by size.
 */
export async function checkPsram(console: ProbeConsole): Promise<Checked> {
  const { mem } = await console.info();
  const size = { psramBytes: mem.psram };
  if (mem.psram < LEAST_PSRAM_BYTES) return tooSmall(size);
  const tested = await test(console);
  if (tested === undefined) return bySize(size);
  const { bytes = 0, errors = 0 } = tested;
  const figures = { ...size, psramTestedBytes: bytes, psramErrors: errors };
  if (errors > 0) return broken(tested, figures);
  return {
    finding: { check: 'psram', state: 'pass', text: `${grouped(bytes)} bytes, pattern held` },
    figures,
  };
}

/** Absent: this firmware has no such probe. */
async function test(console: ProbeConsole): Promise<Tested | undefined> {
  try {
    return await console.probe('psram');
  } catch (error) {
    if (error instanceof BoardError && error.details.refusal?.code === 'bad_arg') return undefined;
    throw error;
  }
}

function tooSmall(figures: { readonly psramBytes: number }): Checked {
  const text = `${megabytes(figures.psramBytes)} MB, a bench board has 4 MB`;
  const next = 'a module without PSRAM, or one that the build does not start: another board';
  return { finding: { check: 'psram', state: 'fail', code: 'psram-too-small', text, next }, figures };
}

function bySize(figures: { readonly psramBytes: number }): Checked {
  const text = `${megabytes(figures.psramBytes)} MB, checked by size only: this firmware has no test of it`;
  const next = 'checked by size only: flash a newer build (rack check --flash)';
  return { finding: { check: 'psram', state: 'pass', text, next }, figures };
}

function broken(tested: Tested, figures: CheckFigures): Checked {
  const { code, what } = faultOf(tested);
  const { offset = 0, expected, found, errors = 0, bytes = 0 } = tested;
  const first = `offset 0x${offset.toString(16).padStart(6, '0')}: ${expected} written, ${found} read`;
  const often = code === 'psram-address' ? '' : `, ${grouped(errors)} wrong reads of ${grouped(bytes)} bytes`;
  const next = 'nothing that runs on it can be believed: another board, or its PSRAM soldered anew';
  return {
    finding: { check: 'psram', state: 'fail', code, text: `${what}${often}, first at ${first}`, next },
    figures,
  };
}

function faultOf({ data_bits: data, address_bits: address, expected, found }: Tested): {
  readonly code: FindingCode;
  readonly what: string;
} {
  const addressBits = bitsOf(maskOf(address));
  const dataBits = bitsOf(maskOf(data));
  if (addressBits.length > 0)
    return { code: 'psram-address', what: `address ${named(addressBits)} stuck or shorted` };
  if (dataBits.length > 0) return { code: 'psram-data', what: `data ${named(dataBits)} stuck or shorted` };
  const wrongBits = bitsOf(maskOf(expected) ^ maskOf(found));
  return { code: 'psram-cells', what: `words that do not hold ${named(wrongBits)}` };
}

/** Of 8 hex digits; none of what is absent. */
function maskOf(hex = '0'): number {
  return Number.parseInt(hex, 16);
}

/** The numbers of the bits that are 1, the lowest first. */
function bitsOf(mask: number): number[] {
  return Array.from({ length: 32 }, (_, bit) => bit).filter((bit) => ((mask >>> bit) & 1) === 1);
}

function named(bits: readonly number[]): string {
  return `${bits.length === 1 ? 'bit' : 'bits'} ${bits.join(', ')}`;
}

function megabytes(bytes: number): string {
  return (bytes / 1e6).toFixed(2);
}

function grouped(count: number): string {
  return count.toLocaleString('en-US');
}
