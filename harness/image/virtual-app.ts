import {
  type AppDescriptor,
  appDescriptorBytes,
  readAppDescriptor,
  writeAppDescriptor,
} from './app-descriptor.js';
import { esp32ChipId, type ImageHeader, type ImageSegment, writeImage } from './app-image.js';

export interface VirtualApp {
  readonly descriptor: AppDescriptor;
  /** The WebAssembly module that is the program. */
  readonly wasm: Uint8Array;
}

/** `\0tkr`, little-endian: the word before the module's length, so that a module is never guessed from bytes. */
const payloadMagic = 0x726b7400;
const payloadHeaderBytes = 8;
/** Where the first segment of an app at 0x10000 is mapped: same offset within a 64 KB page in flash and memory. */
const dromAddress = 0x3f400020;
const iramAddress = 0x40080000;

/** The header of every image for the virtual board: DIO, 40 MHz, 4 MB, any revision. */
export const virtualImageHeader: ImageHeader = {
  flashMode: 'dio',
  flashFrequency: '40m',
  flashSize: '4MB',
  entryAddress: iramAddress,
  chipId: esp32ChipId,
  minRevision: 0,
};

/**
 * An app image for the virtual board: a DROM segment of descriptor, payload magic, module length and module, and an
 * IRAM segment that holds the entry address. Byte for byte a function of its argument.
 */
export function writeVirtualApp({ descriptor, wasm }: VirtualApp): Uint8Array {
  const paddedBytes = Math.ceil((appDescriptorBytes + payloadHeaderBytes + wasm.length) / 4) * 4;
  const drom = new Uint8Array(paddedBytes);
  const view = new DataView(drom.buffer);
  drom.set(writeAppDescriptor(descriptor));
  view.setUint32(appDescriptorBytes, payloadMagic, true);
  view.setUint32(appDescriptorBytes + 4, wasm.length, true);
  drom.set(wasm, appDescriptorBytes + payloadHeaderBytes);
  const iram = new Uint8Array(16);
  return writeImage(virtualImageHeader, [
    { loadAddress: dromAddress, data: drom },
    { loadAddress: iramAddress, data: iram },
  ]);
}

/** The module in an app's segments; undefined when the app was not built for the virtual board. */
export function readVirtualApp(segments: readonly ImageSegment[]): VirtualApp | undefined {
  const drom = segments[0]?.data;
  const descriptor = drom && readAppDescriptor(drom);
  if (!drom || !descriptor || drom.length < appDescriptorBytes + payloadHeaderBytes) return undefined;
  const view = new DataView(drom.buffer, drom.byteOffset, drom.byteLength);
  if (view.getUint32(appDescriptorBytes, true) !== payloadMagic) return undefined;
  const start = appDescriptorBytes + payloadHeaderBytes;
  const end = start + view.getUint32(appDescriptorBytes + 4, true);
  return end > drom.length ? undefined : { descriptor, wasm: drom.slice(start, end) };
}
