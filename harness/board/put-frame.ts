import { crc32 } from 'node:zlib';

/** What a frame of `put` asks for (firmware/PROTOCOL.md, "Card over UART"). */
export type PutFrame =
  | { readonly kind: 'data'; readonly offset: number; readonly payload: Uint8Array }
  | { readonly kind: 'keep'; readonly block: number; readonly blocks: number }
  | { readonly kind: 'sync'; readonly token: number }
  | { readonly kind: 'end' };

const typeNumbers = { data: 1, keep: 2, sync: 3, end: 4 } as const;
const headBytes = 9;

/** Largest payload of a data frame. */
export const maxPayloadBytes = 1024;

/** Most blocks of a keep frame. */
export const maxKeptBlocks = 16;

const slipEnd = 0xc0;
const slipEscape = 0xdb;

/** The bytes on the wire of a frame that belongs to the `put` command with this sequence number. */
export function encodePutFrame(sequence: number, frame: PutFrame): Buffer {
  const payload = payloadOf(frame);
  const packet = Buffer.alloc(headBytes + payload.length + 4);
  packet.writeUInt8(typeNumbers[frame.kind]);
  packet.writeUInt32LE(sequence, 1);
  packet.writeUInt32LE(numberOf(frame), 5);
  packet.set(payload, headBytes);
  packet.writeUInt32LE(crc32(packet.subarray(0, -4)), packet.length - 4);
  return slip(packet);
}

function numberOf(frame: PutFrame): number {
  switch (frame.kind) {
    case 'data':
      return frame.offset;
    case 'keep':
      return frame.block;
    case 'sync':
      return frame.token;
    case 'end':
      return 0;
  }
}

function payloadOf(frame: PutFrame): Uint8Array {
  if (frame.kind === 'data') return frame.payload;
  if (frame.kind !== 'keep') return new Uint8Array();
  const count = Buffer.alloc(4);
  count.writeUInt32LE(frame.blocks);
  return count;
}

/** RFC 1055, with a delimiter on both sides: the first one ends what noise began. */
function slip(packet: Uint8Array): Buffer {
  const out: number[] = [slipEnd];
  for (const byte of packet) {
    if (byte === slipEnd) out.push(slipEscape, 0xdc);
    else if (byte === slipEscape) out.push(slipEscape, 0xdd);
    else out.push(byte);
  }
  out.push(slipEnd);
  return Buffer.from(out);
}
