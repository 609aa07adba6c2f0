#ifndef PORT_FLASH_H
#define PORT_FLASH_H

#include <stdint.h>

#include "esp_partition.h"

/** The partition for weights (partitions.csv), once it was looked for. */
struct port_flash {
    const esp_partition_t *partition;
    const void *mapped; /* NULL: not mapped yet, or there is no partition */
    esp_partition_mmap_handle_t handle;
};

/* As in struct tl_hal; `ctx` is a struct port_state. */
const void *port_flash_map(void *ctx, uint32_t *bytes);
int port_flash_erase(void *ctx, uint32_t offset, uint32_t bytes);
int port_flash_write(void *ctx, uint32_t offset, const void *data, uint32_t bytes);

#endif
