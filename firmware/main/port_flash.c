#include "port_flash.h"

#include "esp_err.h"
#include "port_state.h"
#include "port_watchdog.h"
#include "tl_error.h"

#define LABEL "weights"

/** A block of the chip: erased in one go, in a fraction of a second, then the watchdog is fed. */
#define PIECE_BYTES 65536u

static const esp_partition_t *find(struct port_flash *flash)
{
    if (!flash->partition) {
        flash->partition = esp_partition_find_first(ESP_PARTITION_TYPE_DATA, ESP_PARTITION_SUBTYPE_ANY, LABEL);
    }
    return flash->partition;
}

/** Mapped once and for good; ESP-IDF drops the cache behind its own writes, so they are seen here. */
const void *port_flash_map(void *ctx, uint32_t *bytes)
{
    struct port_flash *flash = &((struct port_state *)ctx)->flash;
    const esp_partition_t *partition = find(flash);
    if (!partition) return NULL;
    if (!flash->mapped && esp_partition_mmap(partition, 0, partition->size, ESP_PARTITION_MMAP_DATA, &flash->mapped,
                                             &flash->handle) != ESP_OK) {
        flash->mapped = NULL;
        return NULL;
    }
    *bytes = partition->size;
    return flash->mapped;
}

int port_flash_erase(void *ctx, uint32_t offset, uint32_t bytes)
{
    const esp_partition_t *partition = find(&((struct port_state *)ctx)->flash);
    if (!partition) return TL_ERR_FLASH;
    for (uint32_t at = 0; at < bytes; at += PIECE_BYTES) {
        const uint32_t piece = bytes - at < PIECE_BYTES ? bytes - at : PIECE_BYTES;
        port_watchdog_feed();
        if (esp_partition_erase_range(partition, offset + at, piece) != ESP_OK) return TL_ERR_FLASH;
    }
    return 0;
}

/** ESP-IDF copies through internal RAM what lies in PSRAM or in flash: neither can be read while flash is written. */
int port_flash_write(void *ctx, uint32_t offset, const void *data, uint32_t bytes)
{
    const esp_partition_t *partition = find(&((struct port_state *)ctx)->flash);
    port_watchdog_feed();
    if (!partition) return TL_ERR_FLASH;
    return esp_partition_write(partition, offset, data, bytes) == ESP_OK ? 0 : TL_ERR_FLASH;
}
