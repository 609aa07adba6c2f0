#ifndef NATIVE_PORT_H
#define NATIVE_PORT_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "bench_arena.h"
#include "bench_port.h"

#define NATIVE_MAX_FILES 32
#define NATIVE_OUTPUT_BYTES (4u << 20)

struct native_file {
    FILE *stream; /* NULL: this handle is free */
    uint32_t bytes;
};

/**
 * A board for tests on the host: the card is a folder, memories are bounded arenas, the UART is a script, and the clock
 * moves on by 1 us each time it is asked and by every read's bytes / 4.
 */
struct native_port {
    struct bench_port port; /* what the app gets; its ctx is this struct */

    const char *card; /* folder; NULL: the slot is empty */
    struct native_file file[NATIVE_MAX_FILES];
    uint32_t open_files;
    uint32_t reads;            /* counted on this side of the HAL */
    uint32_t fail_read;        /* the read with this number (from 1) fails; 0: none */
    const void *pending;       /* target of the read that was begun */
    struct {
        int32_t handle;
        uint32_t offset;
        void *target;
        uint32_t bytes;
    } request;

    struct bench_arena arena[2];
    void *memory[2];

    uint64_t clock_us;
    uint64_t worked[5]; /* units by kernel */

    char input[8192]; /* what the host says; the UART is at its end when all of it was read */
    uint32_t input_length;
    uint32_t input_at;
    const char *interruption; /* arrives at the poll with this number (from 1) after it was set */
    uint32_t interruption_poll;
    uint64_t silence_us; /* so much of waiting is served by silence before the end of input */
    char *output;        /* all that the board said, NUL-terminated */
    uint32_t output_length;
    uint32_t baud;
    uint32_t flushes;
    uint32_t stack_free;
};

/** A board with memories of these sizes. To be released by native_port_free(). */
void native_port_init(struct native_port *native, const char *card, uint32_t heap_bytes, uint32_t psram_bytes);

void native_port_free(struct native_port *native);

/** Adds to what the host says. */
void native_say(struct native_port *native, const char *text);

#endif
