import type { VirtualBoard } from './virtual-board.js';

export interface WireNoise {
  readonly seed: number;
  /** Chance that a byte is not what was sent, each way. */
  readonly perByte: number;
}

/** As much of a board as a cable has. */
export interface NoisyBoard
  extends Pick<VirtualBoard, 'name' | 'mac' | 'write' | 'onBytes' | 'onGone' | 'setLines' | 'setBaud'> {
  /** Bytes that noise changed, both ways. */
  damaged(): number;
}

/** A board at the end of a bad cable: bytes of both directions change, vanish or come twice, as the seed has it. */
export function withNoise(board: VirtualBoard, { seed, perByte }: WireNoise): NoisyBoard {
  const random = seededRandom(seed);
  let damaged = 0;
  const pass = (bytes: Uint8Array): Uint8Array => {
    const out: number[] = [];
    for (const byte of bytes) {
      if (random() >= perByte) out.push(byte);
      else {
        damaged++;
        out.push(...damage(byte, random));
      }
    }
    return Uint8Array.from(out);
  };
  return {
    name: board.name,
    mac: board.mac,
    write: (bytes) => board.write(pass(bytes)),
    onBytes: (listener) =>
      board.onBytes((bytes, atUs) => {
        const heard = pass(bytes);
        if (heard.length > 0) listener(heard, atUs);
      }),
    onGone: (listener) => board.onGone(listener),
    setLines: (lines) => board.setLines(lines),
    setBaud: (baudRate) => board.setBaud(baudRate),
    damaged: () => damaged,
  };
}

function damage(byte: number, random: () => number): number[] {
  const kind = random();
  if (kind < 0.1) return [];
  if (kind < 0.2) return [byte, Math.floor(random() * 256)];
  return [byte ^ (1 << Math.floor(random() * 8))];
}

/** Uniform in 0 .. 1; the same sequence for the same seed (mulberry32). */
function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 0x1_0000_0000;
  };
}
