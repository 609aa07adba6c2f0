import type { Partition } from '../../image/partition-table.js';
import { type FlashChip, sectorBytes } from '../flash-chip.js';
import type { BootLog } from './log.js';
import { activeSelect, isBlankOrTorn, isUnused, otaDataBytes, readOtaSelect } from './ota-data.js';

/** An app partition that the bootloader may start. */
export interface AppSlot {
  /** -1 is the factory app, others are OTA slots: ESP-IDF's numbers. */
  readonly index: number;
  readonly partition: Partition;
}

export interface BootChoice {
  /** In the order in which they are tried. */
  readonly slots: readonly AppSlot[];
  /** Where the entry goes that says which OTA slot was started at last; absent when there is one, or no place for it. */
  readonly recordAt?: number;
}

const factoryIndex = -1;

/**
 * Which apps are tried in which order, by what `otadata` says: from the chosen slot down to the factory app, then the
 * slots above. After `bootloader_utility_get_selected_boot_partition` and `bootloader_utility_load_boot_image` of
 * ESP-IDF 5, without rollback; its test app is not modelled. Undefined when the bootloader gives up here.
 */
export function chooseApp(
  flash: FlashChip,
  partitions: readonly Partition[],
  log: BootLog,
): BootChoice | undefined {
  const slots = appSlots(partitions);
  const otaData = partitions.find(({ type, subtype }) => type === 1 && subtype === 0);
  if (!otaData) return { slots: inOrder(slots, factoryIndex) };
  if (otaData.sizeBytes < otaDataBytes) {
    const message = `ota_info partition size ${otaData.sizeBytes} is too small (minimum ${otaDataBytes} bytes)`;
    log.error('boot', message);
    return undefined;
  }
  return chooseByOtaData(flash, otaData, slots, log);
}

function chooseByOtaData(
  flash: FlashChip,
  { offset }: Partition,
  slots: readonly AppSlot[],
  log: BootLog,
): BootChoice {
  const selects = [0, sectorBytes].map((at) => readOtaSelect(flash.read(offset + at, sectorBytes)));
  const otaSlots = slots.filter(({ index }) => index !== factoryIndex).length;
  const hasFactory = slots.length > otaSlots;
  if (selects.every(isUnused) || otaSlots === 0) {
    log.info('boot', hasFactory ? 'Defaulting to factory image' : 'No factory image, trying OTA 0');
    if (hasFactory) return { slots: inOrder(slots, factoryIndex) };
    return { slots: inOrder(slots, 0), ...(selects.every(isBlankOrTorn) && { recordAt: offset }) };
  }
  const active = activeSelect(selects);
  if (active) return { slots: inOrder(slots, (active.sequence - 1) % otaSlots) };
  const instead = hasFactory ? ', falling back to factory' : ' and no factory, will try all partitions';
  log.error('boot', `ota data partition invalid${instead}`);
  return { slots: inOrder(slots, factoryIndex) };
}

/** The factory app and the OTA slots 0, 1 .. of a table, as far as they follow each other. */
function appSlots(partitions: readonly Partition[]): AppSlot[] {
  const apps = partitions.filter(({ type }) => type === 0);
  const otaCount = apps.filter(({ subtype }) => (subtype & 0xf0) === 0x10).length;
  return apps.flatMap((partition) => {
    const index = partition.subtype === 0 ? factoryIndex : partition.subtype - 0x10;
    return index >= factoryIndex && index < otaCount ? [{ index, partition }] : [];
  });
}

function inOrder(slots: readonly AppSlot[], start: number): AppSlot[] {
  const rising = slots.toSorted((a, b) => a.index - b.index);
  const below = rising.filter(({ index }) => index <= start).reverse();
  return [...below, ...rising.filter(({ index }) => index > start)];
}
