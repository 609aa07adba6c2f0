/**
 * What ESP-IDF's Kconfig works out by itself and the headers ask for: the values that 5.5 has by default on an ESP32, and
 * those of firmware/main/Kconfig.projbuild.
 */
const implied: Readonly<Record<string, string>> = {
  CONFIG_IDF_TARGET_ESP32: '1',
  CONFIG_BENCH_STACK_BYTES: '16384',
  CONFIG_FATFS_CODEPAGE: '437',
  CONFIG_FATFS_FS_LOCK: '0',
  CONFIG_FATFS_PER_FILE_CACHE: '1',
  CONFIG_FATFS_TIMEOUT_MS: '10000',
  CONFIG_FATFS_VOLUME_COUNT: '2',
  CONFIG_FREERTOS_MAX_TASK_NAME_LEN: '16',
  CONFIG_FREERTOS_NUMBER_OF_CORES: '2',
  CONFIG_LOG_DEFAULT_LEVEL: '3',
  CONFIG_LOG_MAXIMUM_LEVEL: '3',
  CONFIG_LOG_TIMESTAMP_SOURCE_RTOS: '1',
  CONFIG_LOG_VERSION: '1',
  CONFIG_MMU_PAGE_SIZE: '0x10000',
  CONFIG_WL_SECTOR_SIZE: '512',
};

/**
 * An `sdkconfig.h` like the one that ESP-IDF's build makes from these files, of which a later one overrules an earlier one:
 * `y` is defined as 1, `n` is not defined, and everything else stands as it is.
 */
export function sdkconfigHeader(defaultsFiles: readonly string[]): string {
  const values = new Map(Object.entries(implied));
  for (const line of defaultsFiles.flatMap((text) => text.split('\n'))) {
    const [, key, value] = /^(CONFIG_\w+)=(.*?)\s*$/.exec(line) ?? [];
    if (key === undefined || value === undefined) continue;
    if (value === 'n') values.delete(key);
    else values.set(key, value === 'y' ? '1' : value);
  }
  return [...values].map(([key, value]) => `#define ${key} ${value}\n`).join('');
}
