#ifndef PORT_STATE_H
#define PORT_STATE_H

#include "freertos/FreeRTOS.h"
#include "freertos/task.h"
#include "port_card.h"
#include "port_card_read.h"
#include "port_cores.h"
#include "port_flash.h"
#include "port_memory.h"

/** Everything the port keeps between calls: what `ctx` of struct bench_port and of struct tl_hal points to. */
struct port_state {
    struct port_card card;
    struct port_card_reader reader;
    struct port_cores cores;
    struct port_flash flash;
    struct port_memory memory;
    TaskHandle_t bench; /* the task that the app runs in */
};

#endif
