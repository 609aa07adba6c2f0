import { patternLine } from '../../board/pattern-line.js';
import type { PluggedBoard } from '../../link/virtual-ports.js';
import { seeded } from './hidden-table.js';

export interface Noise {
  /** At this rate and above. */
  readonly fromBaud: number;
  /** Errors per byte. */
  readonly toBoard: number;
  readonly fromBoard: number;
  readonly seed: number;
}

/**
 * A board on a bad cable: single bits of the probe's pattern flip. Everything else passes, so that no test waits for commands to be
 * sent again (that is the console's own test).
 */
export function noisyCable(board: PluggedBoard, { fromBaud, toBoard, fromBoard, seed }: Noise) {
  const random = seeded(seed);
  const flipped = { toBoard: 0, fromBoard: 0 };
  let baudRate = 115_200;
  const damage = (bytes: Uint8Array, rate: number, where: keyof typeof flipped): Uint8Array => {
    if (baudRate < fromBaud || !isPattern(bytes)) return bytes;
    return bytes.map((byte) => {
      if (random() >= rate) return byte;
      flipped[where]++;
      return byte ^ (1 << Math.floor(random() * 7));
    });
  };
  const plugged: PluggedBoard = {
    name: board.name,
    mac: board.mac,
    write: (bytes) => board.write(damage(bytes, toBoard, 'toBoard')),
    onBytes: (listener) =>
      board.onBytes((bytes, atUs) => listener(damage(bytes, fromBoard, 'fromBoard'), atUs)),
    onGone: (listener) => board.onGone(listener),
    setLines: (lines) => board.setLines(lines),
    setBaud: (rate) => {
      baudRate = rate;
      board.setBaud(rate);
    },
  };
  return { plugged, flipped };
}

function isPattern(bytes: Uint8Array): boolean {
  const text = Buffer.from(bytes).toString('latin1');
  return text.length % patternLine.length === 0 && text.replaceAll(patternLine, '') === '';
}
