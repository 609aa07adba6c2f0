/** The stub's error numbers (esptool-legacy-flasher-stub, stub_flasher.h). */
export const stubError = {
  /** Whatever it was, of commands whose checks are joined with `||`. */
  failed: 0x01,
  dataLength: 0xc0,
  checksum: 0xc1,
  blockSize: 0xc2,
  spiOperation: 0xc4,
  notInFlashMode: 0xc6,
  inflate: 0xc7,
  notEnoughData: 0xc8,
  tooMuchData: 0xc9,
  notImplemented: 0xff,
} as const;
