import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ConfigError } from '../errors.js';

/** An ESP-IDF checkout. */
export interface IdfHeaders {
  /** Such as `5.5.5`, from its version.cmake; undefined in a checkout of which only the components are there. */
  readonly version: string | undefined;
  /** Those of `folders` that this release has, in their order. */
  readonly includeFolders: readonly string[];
}

/** Below `components/`, in the order that ESP-IDF's own headers include each other. Releases move some of them. */
const folders = [
  'newlib/platform_include',
  'esp_libc/platform_include',
  'freertos/config/include',
  'freertos/config/include/freertos',
  'freertos/config/xtensa/include',
  'freertos/FreeRTOS-Kernel/include',
  'freertos/FreeRTOS-Kernel/portable/xtensa/include',
  'freertos/FreeRTOS-Kernel/portable/xtensa/include/freertos',
  'freertos/esp_additions/include',
  'xtensa/esp32/include',
  'xtensa/include',
  'soc/include',
  'soc/esp32',
  'soc/esp32/include',
  'soc/esp32/register',
  'hal/include',
  'hal/esp32/include',
  'hal/platform_port/include',
  'esp_hal_gpio/include',
  'esp_hal_gpio/esp32/include',
  'esp_hal_gpspi/include',
  'esp_hal_gpspi/esp32/include',
  'esp_hal_sd/include',
  'esp_hal_uart/include',
  'esp_hal_uart/esp32/include',
  'esp_rom/include',
  'esp_rom/esp32/include',
  'esp_common/include',
  'esp_system/include',
  'esp_hw_support/include',
  'esp_hw_support/dma/include',
  'esp_hw_support/etm/include',
  'esp_dma/include',
  'esp_timer/include',
  'log/include',
  'heap/include',
  'esp_app_format/include',
  'esp_partition/include',
  'esp_blockdev/include',
  'spi_flash/include',
  'esp_driver_uart/include',
  'esp_driver_gpio/include',
  'esp_driver_sdmmc/include',
  'esp_driver_sdmmc/legacy/include',
  'esp_driver_sdspi/include',
  'esp_driver_spi/include',
  'sdmmc/include',
  'wear_levelling/include',
  'vfs/include',
  'fatfs/diskio',
  'fatfs/src',
  'fatfs/vfs',
];

/** @throws ConfigError `no-idf` when `idfFolder` is not given, or no ESP-IDF. */
export function findIdfHeaders(idfFolder: string | undefined): IdfHeaders {
  if (idfFolder === undefined) {
    throw new ConfigError('no-idf', 'IDF_PATH is not set: set it to a checkout of esp-idf, release 5.5');
  }
  const components = join(idfFolder, 'components');
  if (!existsSync(join(components, 'freertos'))) {
    const message = `${idfFolder} is no ESP-IDF: it has no components/freertos; set IDF_PATH to a checkout of esp-idf`;
    throw new ConfigError('no-idf', message, { path: idfFolder });
  }
  const includeFolders = folders.map((folder) => join(components, folder)).filter(existsSync);
  return { version: versionOf(idfFolder), includeFolders };
}

function versionOf(idfFolder: string): string | undefined {
  const path = join(idfFolder, 'tools', 'cmake', 'version.cmake');
  if (!existsSync(path)) return undefined;
  const text = readFileSync(path, 'utf8');
  return ['MAJOR', 'MINOR', 'PATCH']
    .map((part) => new RegExp(`set\\(IDF_VERSION_${part} (\\d+)\\)`).exec(text)?.[1] ?? '?')
    .join('.');
}
