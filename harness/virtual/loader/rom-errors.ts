/** The ROM's error numbers (esptool "Serial Protocol", ROM Loader Errors). */
export const romError = {
  parameter: 0x01,
  format: 0x05,
  failed: 0x06,
  checksum: 0x07,
  flashWrite: 0x08,
  flashReadLength: 0x0a,
  deflate: 0x0b,
  deflateAdler32: 0x0c,
  ramSize: 0x0e,
  ramAddress: 0x0f,
} as const;
