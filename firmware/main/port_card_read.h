#ifndef PORT_CARD_READ_H
#define PORT_CARD_READ_H

#include <stdbool.h>
#include <stdint.h>

#include "ff.h"
#include "freertos/FreeRTOS.h"
#include "freertos/task.h"

/** The task that reads the card while the app computes, and the one read it is at. */
struct port_card_reader {
    TaskHandle_t task;
    TaskHandle_t caller;
    uint8_t *bounce; /* (PORT_BOUNCE_BYTES) internal RAM that the card's DMA reaches */
    FIL *file;
    uint8_t *target;
    uint32_t offset;
    uint32_t bytes;
    int result;
};

/** Makes the task and its buffer. False: no memory. */
bool port_card_reader_start(struct port_card_reader *reader);

/* As in struct tl_hal; `ctx` is a struct port_state. */
int port_card_read_begin(void *ctx, int32_t handle, uint32_t offset, void *target, uint32_t bytes);
int port_card_read_wait(void *ctx);

#endif
