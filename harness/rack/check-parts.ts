import { BoardError } from '../board/board-error.js';
import type { BoardConsole } from '../board/console.js';
import { measureWire, type ProbedWire } from '../board/uart-probe.js';
import type { Checked } from './checked-board.js';

/** 16 KB each way: 1 error in 5,000 bytes would be seen. */
const WIRE_ROUNDS = 4;

/** A machine line has about 200 bytes: with more errors than this, one in fifty has to be asked for again. */
const MOST_ERRORS_PER_BYTE = 1e-4;

const FASTEST_BAUD = 921_600;

/** Whether a card is there and mounts, what is free on it, and how fast the board reads it, when it holds a folder to read. */
export async function checkCard(console: BoardConsole, signal: AbortSignal): Promise<Checked> {
  try {
    const { bytes, free } = await console.card.space(undefined, { signal });
    const entries = (await console.card.list(undefined, { signal })) ?? [];
    const folder = entries.find(({ name, dir }) => dir === 1 && !name.endsWith('.part'))?.name;
    const read = folder === undefined ? undefined : await console.card.space(folder, { signal });
    const rate = read?.read_us && read.read_bytes ? read.read_bytes / read.read_us : undefined;
    const speed = rate === undefined ? 'nothing on it to time a read with' : `reads ${rate.toFixed(2)} MB/s`;
    const text = `${megabytes(free)} of ${megabytes(bytes)} MB free, ${speed}`;
    const figures = {
      cardBytes: bytes,
      cardFreeBytes: free,
      ...(rate === undefined ? {} : { cardMegabytesPerSecond: rate }),
    };
    return { finding: { check: 'card', state: 'pass', text }, figures };
  } catch (error) {
    if (!(error instanceof BoardError) || error.details.refusal === undefined) throw error;
    const { code, msg } = error.details.refusal;
    const next = code === 'no_card' ? 'put a card in, FAT32, contacts clean' : 'look at the card in a reader';
    return { finding: { check: 'card', state: 'fail', text: msg, next } };
  }
}

/** Errors per byte, both ways, at the rate that runs work at. */
export async function checkUart(wire: ProbedWire, baudRate: number): Promise<Checked> {
  const { to_board: to, from_board: from } = await measureWire(wire, WIRE_ROUNDS);
  const rate = Math.max(to.error_rate, from.error_rate);
  const atMost = Math.max(to.error_rate_at_most, from.error_rate_at_most);
  const figures = { baudRate, uartErrorRate: rate, uartErrorRateAtMost: atMost };
  const bytes = to.bytes + from.bytes;
  const damaged = to.damaged_lines + from.damaged_lines;
  const text = `${damaged} of ${bytes / 64} lines damaged at ${baudRate} baud (errors at most ${atMost.toExponential(0)} a byte)`;
  const shorter = 'shorter cable, other adapter, common ground';
  if (rate > MOST_ERRORS_PER_BYTE)
    return { finding: { check: 'uart', state: 'fail', text, next: shorter }, figures };
  const slow = baudRate < FASTEST_BAUD ? { next: `${FASTEST_BAUD} baud does not hold: ${shorter}` } : {};
  return { finding: { check: 'uart', state: 'pass', text, ...slow }, figures };
}

function megabytes(bytes: number): string {
  return Math.round(bytes / 1e6).toLocaleString('en-US');
}
