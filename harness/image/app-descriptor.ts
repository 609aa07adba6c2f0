import { readFixedString, writeFixedString } from './fixed-string.js';

/** ESP-IDF's `esp_app_desc_t`, which lies at the start of an app's first segment. */
export interface AppDescriptor {
  /** At most 31 characters. */
  readonly version: string;
  /** At most 31 characters. */
  readonly projectName: string;
  /** At most 15 characters each. */
  readonly time: string;
  readonly date: string;
  /** At most 31 characters. */
  readonly idfVersion: string;
  /** 64 hex digits. */
  readonly elfSha256: string;
}

export const appDescriptorBytes = 256;
const magicWord = 0xabcd5432;

/** 256 bytes: magic, secure version 0, two reserved words, then the strings at their fixed places. */
export function writeAppDescriptor(descriptor: AppDescriptor): Uint8Array {
  const bytes = new Uint8Array(appDescriptorBytes);
  new DataView(bytes.buffer).setUint32(0, magicWord, true);
  writeFixedString(bytes, 16, 32, descriptor.version);
  writeFixedString(bytes, 48, 32, descriptor.projectName);
  writeFixedString(bytes, 80, 16, descriptor.time);
  writeFixedString(bytes, 96, 16, descriptor.date);
  writeFixedString(bytes, 112, 32, descriptor.idfVersion);
  bytes.set(Buffer.from(descriptor.elfSha256, 'hex'), 144);
  return bytes;
}

/** Reads the descriptor at the start of `segment`; undefined when none is there. */
export function readAppDescriptor(segment: Uint8Array): AppDescriptor | undefined {
  if (segment.length < appDescriptorBytes) return undefined;
  const view = new DataView(segment.buffer, segment.byteOffset, segment.byteLength);
  if (view.getUint32(0, true) !== magicWord) return undefined;
  return {
    version: readFixedString(segment, 16, 32),
    projectName: readFixedString(segment, 48, 32),
    time: readFixedString(segment, 80, 16),
    date: readFixedString(segment, 96, 16),
    idfVersion: readFixedString(segment, 112, 32),
    elfSha256: Buffer.from(segment.subarray(144, 176)).toString('hex'),
  };
}

/** What names a build everywhere: version and the first 8 digits of its ELF's SHA-256, without blanks. */
export function buildIdOf({ version, elfSha256 }: AppDescriptor): string {
  return `${version.replaceAll(/\s+/g, '_')}-${elfSha256.slice(0, 8)}`;
}
