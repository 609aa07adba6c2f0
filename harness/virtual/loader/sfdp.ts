/** Header: signature, JESD216A, one parameter table; then that table's own: 16 words at 0x80. */
const header = '53464450050100ff 00050110800000ff';
const basicTableOffset = 0x80;
/**
 * JESD216A's basic flash parameters of a Winbond W25Q32JV: 4 KB erase 0x20, 64 KB erase 0xD8, 256-byte pages, fast
 * read opcodes; the density (bits less 1, here 0) is filled in.
 */
const basicTable = `
  e520f9ff 00000000 44eb086b 083b42bb feffffff ffff0000 ffff40eb 0c200f52
  10d80000 3602a600 82ea14c2 e9637633 7a757a75 f7a2d55c 19f74dff e930f880`;

/** `length` bytes of the chip's SFDP register from `address` on; what is not defined reads 0xFF. */
export function readSfdp(flashBytes: number, address: number, length: number): Uint8Array {
  const register = new Uint8Array(256).fill(0xff);
  register.set(bytesOf(header));
  register.set(bytesOf(basicTable), basicTableOffset);
  new DataView(register.buffer).setUint32(basicTableOffset + 4, flashBytes * 8 - 1, true);
  return register.subarray(address, address + length);
}

function bytesOf(hex: string): Uint8Array {
  return Buffer.from(hex.replaceAll(/\s/g, ''), 'hex');
}
