import { crc32 } from 'node:zlib';
import { blockBytes, type FileSum } from './card-commands.js';
import { maxKeptBlocks, maxPayloadBytes } from './put-frame.js';
import type { PieceFrame } from './put-transfer.js';

/** A file as the card is to have it. */
export interface WantedFile {
  readonly name: string;
  readonly content: Uint8Array;
  readonly hashes: readonly string[];
  /** Of all bytes, 8 hex digits. */
  readonly crc: string;
}

export function wantedFile(name: string, content: Uint8Array): WantedFile {
  const hashes: string[] = [];
  for (let at = 0; at < content.length; at += blockBytes)
    hashes.push(hex(content.subarray(at, at + blockBytes)));
  return { name, content, hashes, crc: hex(content) };
}

export function isSame(wanted: WantedFile, found: FileSum | undefined): boolean {
  return (
    found?.bytes === wanted.content.length &&
    wanted.hashes.every((hash, block) => hash === found.hashes[block])
  );
}

/** What has to happen to a staged file. */
export interface FilePlan {
  readonly pieces: readonly PieceFrame[];
  /** Blocks that travel, that the board copies from the file in use, and that are staged already. */
  readonly sent: number;
  readonly kept: number;
  readonly staged: number;
}

/** What brings a staged file to what is wanted, given what is staged and what the folder in use has under its name. */
export function planFile(
  wanted: WantedFile,
  staged: FileSum | undefined,
  inUse: FileSum | undefined,
): FilePlan {
  const pieces: PieceFrame[] = [];
  const counts = { sent: 0, kept: 0, staged: 0 };
  wanted.hashes.forEach((hash, block) => {
    if (staged?.hashes[block] === hash && isWhole(wanted, staged, block)) counts.staged++;
    else if (inUse?.hashes[block] === hash && isWhole(wanted, inUse, block)) {
      counts.kept++;
      keep(pieces, block);
    } else {
      counts.sent++;
      pieces.push(...dataFrames(wanted.content, block));
    }
  });
  return { pieces, ...counts };
}

/** A hash speaks of as many bytes on the card as in the wanted file. */
function isWhole(wanted: WantedFile, found: FileSum, block: number): boolean {
  const end = Math.min((block + 1) * blockBytes, wanted.content.length);
  return Math.min((block + 1) * blockBytes, found.bytes) === end;
}

function keep(pieces: PieceFrame[], block: number): void {
  const last = pieces.at(-1);
  if (last?.kind === 'keep' && last.block + last.blocks === block && last.blocks < maxKeptBlocks) {
    pieces[pieces.length - 1] = { ...last, blocks: last.blocks + 1 };
  } else pieces.push({ kind: 'keep', block, blocks: 1 });
}

function dataFrames(content: Uint8Array, block: number): PieceFrame[] {
  const end = Math.min((block + 1) * blockBytes, content.length);
  const frames: PieceFrame[] = [];
  for (let offset = block * blockBytes; offset < end; offset += maxPayloadBytes) {
    const payload = content.subarray(offset, Math.min(offset + maxPayloadBytes, end));
    frames.push({ kind: 'data', offset, payload });
  }
  return frames;
}

/** `switch.txt`: what the folder is to hold (firmware/PROTOCOL.md, "Card over UART"). */
export function switchList(files: readonly WantedFile[]): Uint8Array {
  const lines = files.map(({ name, content, crc }) => `${crc} ${content.length} ${name}\n`).join('');
  return Buffer.from(`${lines}=${hex(Buffer.from(lines))}\n`);
}

function hex(bytes: Uint8Array): string {
  return crc32(bytes).toString(16).padStart(8, '0');
}
