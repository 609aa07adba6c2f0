/** Command numbers (esptool "Serial Protocol"). From 0xd0 on only the flasher stub knows them. */
export const op = {
  flashBegin: 0x02,
  flashData: 0x03,
  flashEnd: 0x04,
  memBegin: 0x05,
  memEnd: 0x06,
  memData: 0x07,
  sync: 0x08,
  writeReg: 0x09,
  readReg: 0x0a,
  spiSetParams: 0x0b,
  spiAttach: 0x0d,
  readFlashSlow: 0x0e,
  changeBaudrate: 0x0f,
  flashDeflBegin: 0x10,
  flashDeflData: 0x11,
  flashDeflEnd: 0x12,
  spiFlashMd5: 0x13,
  /** Of later chips; an ESP32 knows it no more than any other number. */
  getSecurityInfo: 0x14,
  eraseFlash: 0xd0,
  eraseRegion: 0xd1,
  readFlash: 0xd2,
  runUserCode: 0xd3,
} as const;

export interface LoaderCommand {
  readonly op: number;
  /** XOR of the payload of a data command, seeded with 0xEF; otherwise meaningless. */
  readonly checksum: number;
  readonly data: Uint8Array;
}

/** What a command leads to. `error` 0 or absent is success; its numbers are the dialect's own. */
export interface LoaderAnswer {
  readonly error?: number;
  readonly value?: number;
  /** Comes before the status bytes. */
  readonly body?: Uint8Array;
  /** Done once the answer is out, before the next command is looked at. */
  readonly afterwards?: () => void;
  /** What becomes of the loader once the answer is out. */
  readonly next?: LoaderEnd | 'stub';
  /** Takes what the host sends from now on, instead of commands. */
  readonly exchange?: PacketExchange;
}

/**
 * How the loader is left: `run` starts what is flashed; `reset` restarts the chip with its strapping pins as they were
 * latched, so that it comes back into the loader; `foreign` went off into a program in RAM that we cannot run.
 */
export type LoaderEnd = 'run' | 'reset' | 'foreign';

/** A talk of packets that are no commands. */
export interface PacketExchange {
  /** False when the talk is over already. */
  begin(): boolean;
  /** False when the talk is over. */
  take(packet: Uint8Array): boolean;
}

export type LoaderHandler = (command: LoaderCommand) => LoaderAnswer;

/** ROM or stub: the same packets, other commands, status bytes and error numbers. */
export interface LoaderDialect {
  /** Every packet that answers `command`; usually one. */
  answer(command: LoaderCommand): { readonly packets: readonly Uint8Array[]; readonly answer: LoaderAnswer };
}

const headerBytes = 8;
/** Length, sequence number and two unused words before the payload of a data command. */
export const dataHeaderBytes = 16;

/** A packet from the host; undefined when it is none (wrong direction, torn, or longer than it says). */
export function parseCommand(packet: Uint8Array): LoaderCommand | undefined {
  if (packet.length < headerBytes || packet[0] !== 0) return undefined;
  const view = viewOf(packet);
  if (view.getUint16(2, true) !== packet.length - headerBytes) return undefined;
  return { op: packet[1]!, checksum: view.getUint32(4, true), data: packet.subarray(headerBytes) };
}

/** An answer's packet: direction, command, length of what follows, value, body, status bytes. */
export function answerPacket(opcode: number, answer: LoaderAnswer, status: readonly number[]): Uint8Array {
  const { value = 0, body = new Uint8Array(0) } = answer;
  const packet = new Uint8Array(headerBytes + body.length + status.length);
  const view = viewOf(packet);
  packet[0] = 1;
  packet[1] = opcode;
  view.setUint16(2, body.length + status.length, true);
  view.setUint32(4, value, true);
  packet.set(body, headerBytes);
  packet.set(status, headerBytes + body.length);
  return packet;
}

/** The 32-bit words of a command's data; a remainder of less than a word is left out. */
export function wordsOf(data: Uint8Array): number[] {
  const view = viewOf(data);
  return Array.from({ length: Math.floor(data.length / 4) }, (_, i) => view.getUint32(i * 4, true));
}

/** The checksum of data commands. */
export function payloadChecksum(payload: Uint8Array): number {
  return payload.reduce((sum, byte) => sum ^ byte, 0xef);
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
