import { subnegotiation, telnetOption } from './telnet.js';

/** What a client asks of a serial server (RFC 2217, section 2); the server's answer has the number plus 100. */
export const comPort = {
  signature: 0,
  setBaudRate: 1,
  setDataSize: 2,
  setParity: 3,
  setStopSize: 4,
  setControl: 5,
  notifyLineState: 6,
  notifyModemState: 7,
  suspend: 8,
  resume: 9,
  setLineStateMask: 10,
  setModemStateMask: 11,
  purgeData: 12,
} as const;

export type ComPortCommand = (typeof comPort)[keyof typeof comPort];

/** What the server's numbers are higher by. */
export const serverOffset = 100;

/** Values of SET-CONTROL; the first of each group asks how it stands. */
export const control = {
  askFlow: 0,
  noFlow: 1,
  askBreak: 4,
  breakOn: 5,
  breakOff: 6,
  askDtr: 7,
  dtrOn: 8,
  dtrOff: 9,
  askRts: 10,
  rtsOn: 11,
  rtsOff: 12,
  askInboundFlow: 13,
  noInboundFlow: 14,
} as const;

/** Values of PURGE-DATA, as the client sees its directions. */
export const purge = { received: 1, toSend: 2, both: 3 } as const;

/** Bits of NOTIFY-LINESTATE that a virtual wire can have. */
export const lineState = { overrun: 0x02, holdingEmpty: 0x20, shiftEmpty: 0x40 } as const;

/** Bits of NOTIFY-MODEMSTATE. */
export const modemState = { cts: 0x10, dsr: 0x20, ring: 0x40, carrier: 0x80 } as const;

/** 8N1, in the numbers of SET-DATASIZE, SET-PARITY and SET-STOPSIZE. */
export const eightNoneOne = { dataSize: 8, parity: 1, stopSize: 1 } as const;

/** A command of the client, ready to be sent; `value` is unescaped. */
export function clientFrame(command: ComPortCommand, value: Uint8Array): Uint8Array {
  return subnegotiation(telnetOption.comPort, Uint8Array.of(command, ...value));
}

/** The server's answer to `command`, or its own notice. */
export function serverFrame(command: ComPortCommand, value: Uint8Array): Uint8Array {
  return subnegotiation(telnetOption.comPort, Uint8Array.of(command + serverOffset, ...value));
}

/** A rate as SET-BAUDRATE carries it: four bytes, the highest first. */
export function rateBytes(baudRate: number): Uint8Array {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, baudRate);
  return bytes;
}

/** Absent when these are not a rate's four bytes. */
export function rateOf(bytes: Uint8Array): number | undefined {
  return bytes.length === 4 ? new DataView(bytes.buffer, bytes.byteOffset).getUint32(0) : undefined;
}
