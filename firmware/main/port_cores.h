#ifndef PORT_CORES_H
#define PORT_CORES_H

#include <stdbool.h>
#include <stdint.h>

#include "freertos/FreeRTOS.h"
#include "freertos/task.h"

/** The task on the other core, and what it is to do. */
struct port_cores {
    TaskHandle_t worker;
    TaskHandle_t caller;
    void (*task)(void *arg, uint32_t core);
    void *arg;
};

/** Makes the worker. False: no memory for its stack. */
bool port_cores_start(struct port_cores *cores);

/** As in struct tl_hal; `ctx` is a struct port_state. */
void port_cores_parallel(void *ctx, void (*task)(void *arg, uint32_t core), void *arg);

#endif
