#ifndef NATIVE_PORT_H
#define NATIVE_PORT_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "bench_arena.h"
#include "bench_port.h"

#define NATIVE_MAX_FILES 14
#define NATIVE_OUTPUT_BYTES (4u << 20)
#define NATIVE_KERNELS (TL_KERNEL_COPY + 1)

/** Bytes of the weights partition in the project's own partition table. */
#define NATIVE_FLASH_BYTES 2818048u

struct native_file {
    FILE *stream; /* NULL: this handle is free */
    uint32_t bytes;
};

/**
 * A board for tests on the host: the card is a folder, memories are bounded arenas, the UART is a script, and the clock
 * moves on by 1 us each time it is asked and by every read's bytes / 4. The two tasks of a parallel section run in turn,
 * core 1 first in every other section, so that one which needs the other's result is found out. What breaks the HAL's
 * contract ends in abort().
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
    uint64_t worked[NATIVE_KERNELS]; /* units by kernel */

    uint32_t sections; /* calls of parallel() */
    bool in_section;

    unsigned char *flash;      /* the weights partition, erased at first; NULL: there is none */
    uint32_t flash_bytes;
    uint32_t flash_operations; /* erases and writes */
    uint32_t refused_flash;    /* the one with this number (from 1) is refused and changes nothing; 0: none */
    uint32_t spoiled_flash;    /* the one with this number is not refused, but its first byte ends up wrong; 0: none */

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

/** Another weights partition of `bytes` bytes, whole sectors and erased, instead of the 2818048; 0: a board without one. */
void native_flash_size(struct native_port *native, uint32_t bytes);

/** Adds to what the host says. */
void native_say(struct native_port *native, const char *text);

#endif
