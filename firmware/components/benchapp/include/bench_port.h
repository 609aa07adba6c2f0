#ifndef BENCH_PORT_H
#define BENCH_PORT_H

#include <stdint.h>

#include "bench_card_port.h"
#include "tl_hal.h"

/** The two memories of the board, by the numbers of ports/wasm/ABI.md. */
enum bench_memory { BENCH_HEAP = 0, BENCH_PSRAM = 1 };

/** Use of one memory, in bytes. */
struct bench_usage {
    uint32_t total;
    uint32_t free;     /* now, in all */
    uint32_t largest;  /* of the largest piece that memory_take() would give now */
    uint32_t peak;     /* most in use since boot */
    uint32_t peak_run; /* most in use since the latest memory_mark() */
};

/** What the chip says of itself. Strings are NUL-terminated. */
struct bench_chip {
    const char *model; /* "ESP32" */
    uint32_t cores;
    uint32_t revision; /* major * 100 + minor */
    char mac[18];      /* 24:6f:28:00:00:01 */
    char reset[17];    /* why it started last: poweron, software, ... */
    char elf[17];      /* first 16 hex digits of the app's SHA-256 */
    char build[33];
    char idf[33];
};

/** What stack_free() returns on a port that cannot tell. */
#define BENCH_STACK_UNKNOWN UINT32_MAX

/**
 * What the app needs from the board it runs on: one const instance per port. `ctx` is handed back on every call but the
 * core's, which get hal.ctx.
 */
struct bench_port {
    struct tl_hal hal;
    void *ctx;

    /** Sends bytes; blocks while the UART's buffer is full. */
    void (*uart_write)(void *ctx, const char *bytes, uint32_t count);

    /** Returns when the last bit has left. */
    void (*uart_flush)(void *ctx);

    /**
     * Waits for at least one byte and takes up to `capacity`. Returns how many; 0 after `timeout_us` microseconds
     * (negative: waits for ever, 0: polls); negative when there will never be another byte (only ports for tests).
     */
    int32_t (*uart_read)(void *ctx, char *bytes, uint32_t capacity, int64_t timeout_us);

    /** Changes the rate of both directions, in baud. */
    void (*uart_baud)(void *ctx, uint32_t rate);

    /** Mounts what is in the card slot now; earlier handles are gone. 0, or negative when there is no card. */
    int (*card_mount)(void *ctx);

    /** Writing to the card and looking around on it; NULL on a port that only reads files. */
    const struct bench_card_ops *card;

    /** A piece of at least `bytes` bytes on a 16-byte boundary, or NULL. */
    void *(*memory_take)(void *ctx, enum bench_memory kind, uint32_t bytes);

    /** Gives a piece back; NULL is ignored. */
    void (*memory_give)(void *ctx, enum bench_memory kind, void *piece);

    void (*memory_usage)(void *ctx, enum bench_memory kind, struct bench_usage *usage);

    /** Where a piece of PSRAM lies in it: bytes from its first address, so that their bits are its address lines. */
    uint32_t (*psram_offset)(void *ctx, const void *piece);

    /** Starts the marks of `peak_run` anew, at what is in use now. */
    void (*memory_mark)(void *ctx);

    /** Bytes of the main task's stack that were never used, or BENCH_STACK_UNKNOWN. */
    uint32_t (*stack_free)(void *ctx);

    void (*chip)(void *ctx, struct bench_chip *chip);
};

#endif
