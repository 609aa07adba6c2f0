import { createHash } from 'node:crypto';
import { writeImage } from '../image/app-image.js';
import { writeBootloaderDescriptor } from '../image/bootloader-descriptor.js';
import { type Partition, writePartitionTable } from '../image/partition-table.js';
import { virtualImageHeader, writeVirtualApp } from '../image/virtual-app.js';

export interface OutputFile {
  /** Relative to the build folder. */
  readonly name: string;
  readonly bytes: Uint8Array;
}

/** Two app slots, and the rest for weights that are read where they lie. Sizes in bytes. */
const partitions: readonly Partition[] = [
  { label: 'nvs', type: 1, subtype: 2, offset: 0x9000, sizeBytes: 0x4000 },
  { label: 'otadata', type: 1, subtype: 0, offset: 0xd000, sizeBytes: 0x2000 },
  { label: 'phy_init', type: 1, subtype: 1, offset: 0xf000, sizeBytes: 0x1000 },
  { label: 'ota_0', type: 0, subtype: 0x10, offset: 0x10000, sizeBytes: 0xa0000 },
  { label: 'ota_1', type: 0, subtype: 0x11, offset: 0xb0000, sizeBytes: 0xa0000 },
  { label: 'weights', type: 1, subtype: 0x40, offset: 0x150000, sizeBytes: 0x2b0000 },
];

/** A build has no time of its own: the same sources give the same bytes at any time. */
const buildDate = { time: '00:00:00', date: 'Jan  1 2024' };
/** Where ESP-IDF names its version: no ESP-IDF is in these images. */
const idfVersion = 'virtual';

const files = {
  bootloader: { offset: 0x1000, name: 'bootloader/bootloader.bin' },
  partitionTable: { offset: 0x8000, name: 'partition_table/partition-table.bin' },
  otaData: { offset: 0xd000, name: 'ota_data_initial.bin' },
  app: { offset: 0x10000, name: 'tokenrack.bin' },
} as const;

/** Everything in the build folder of the virtual board: three images, a blank choice of app slot, the module, and `flasher_args.json`. */
export function virtualBuildFiles(wasm: Uint8Array, version: string): OutputFile[] {
  const elfSha256 = createHash('sha256').update(wasm).digest('hex');
  const descriptor = { ...buildDate, version, projectName: 'tokenrack', idfVersion, elfSha256 };
  return [
    { name: files.bootloader.name, bytes: writeBootloader() },
    { name: files.partitionTable.name, bytes: writePartitionTable(partitions) },
    { name: files.otaData.name, bytes: new Uint8Array(0x2000).fill(0xff) },
    { name: files.app.name, bytes: writeVirtualApp({ descriptor, wasm }) },
    { name: 'tokenrack.wasm', bytes: wasm },
    { name: 'flasher_args.json', bytes: Buffer.from(`${JSON.stringify(flasherArgs(), undefined, 2)}\n`) },
  ];
}

/** A whole bootloader image whose code is a note: the virtual board models what the second stage does. */
function writeBootloader(): Uint8Array {
  const dateTime = `${buildDate.date} ${buildDate.time}`;
  const note = 'The virtual board models the second stage; there is no Xtensa code here.\n';
  const code = Buffer.alloc(Math.ceil(note.length / 4) * 4);
  code.write(note, 'latin1');
  return writeImage({ ...virtualImageHeader, entryAddress: 0x40078000 }, [
    { loadAddress: 0x3fff0030, data: writeBootloaderDescriptor({ idfVersion, dateTime }) },
    { loadAddress: 0x40078000, data: new Uint8Array(code) },
  ]);
}

/** As ESP-IDF writes it, for every tool that reads it. */
function flasherArgs(): unknown {
  const settings = { flash_mode: 'dio', flash_size: '4MB', flash_freq: '40m' };
  const entry = ({ offset, name }: { offset: number; name: string }): object => ({
    offset: `0x${offset.toString(16)}`,
    file: name,
    encrypted: 'false',
  });
  return {
    write_flash_args: ['--flash_mode', 'dio', '--flash_size', '4MB', '--flash_freq', '40m'],
    flash_settings: settings,
    flash_files: Object.fromEntries(
      Object.values(files).map(({ offset, name }) => [`0x${offset.toString(16)}`, name]),
    ),
    bootloader: entry(files.bootloader),
    app: entry(files.app),
    'partition-table': entry(files.partitionTable),
    otadata: entry(files.otaData),
    extra_esptool_args: { after: 'hard_reset', before: 'default_reset', stub: true, chip: 'esp32' },
  };
}
