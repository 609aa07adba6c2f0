#ifndef PORT_CARD_SLOT_H
#define PORT_CARD_SLOT_H

#include <stdbool.h>

#include "sd_protocol_types.h"

struct port_slot {
    sdmmc_card_t *card; /* NULL: nothing is mounted */
    bool slow;          /* this board's wiring did not do the higher rate: not tried again before a reset */
};

/** Mounts the card that is in the slot now, after letting go of the one before. False: no card, or none with FAT on it. */
bool port_slot_mount(struct port_slot *slot);

#endif
