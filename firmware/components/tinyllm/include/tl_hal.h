#ifndef TL_HAL_H
#define TL_HAL_H

#include <stdint.h>

/** What the core's compute is made of; the numbers are those of ports/wasm/ABI.md. */
enum tl_kernel {
    TL_KERNEL_DOT = 0,         /* count: multiply-accumulates */
    TL_KERNEL_ELEMENTWISE = 1, /* count: elements */
    TL_KERNEL_EXP = 2,         /* count: calls of exp, sin, cos or log */
    TL_KERNEL_CRC = 3,         /* count: bytes */
    TL_KERNEL_RMSNORM = 4,     /* count: elements */
    TL_KERNEL_DOT_FLOAT16 = 5, /* this and the next seven: multiply-accumulates of one weight format */
    TL_KERNEL_DOT_BFLOAT16 = 6,
    TL_KERNEL_DOT_INT8 = 7, /* per tensor and per row */
    TL_KERNEL_DOT_INT4 = 8,
    TL_KERNEL_DOT_INT2 = 9,
    TL_KERNEL_DOT_TERNARY = 10, /* five weights a byte */
    TL_KERNEL_DOT_TERNARY_2BIT = 11,
    TL_KERNEL_DOT_BINARY = 12,
    TL_KERNEL_QUANTIZE = 13, /* count: activations turned into int16 codes */
    TL_KERNEL_SCREEN = 14,   /* count: groups of screen rows whose bound was summed (firmware/FORMATS.md) */
    TL_KERNEL_COPY = 15      /* count: bytes written; `data` is where they go, in one piece or scattered from there on */
};

/**
 * What the core needs from the machine it runs on. One const instance per port; `ctx` is handed back on every call.
 * The core calls from one task only (but for work() and now_us(), which a task inside parallel() calls too) and never
 * keeps a pointer that it passed in, except the target of a read until card_read_wait() returned.
 */
struct tl_hal {
    /** The port's own state; never looked at. */
    void *ctx;

    /**
     * Opens a file for reading. `path` is relative to the card's root, with forward slashes.
     * Returns a handle >= 0, TL_ERR_NO_FILE or TL_ERR_CARD_READ. At most 14 files are open at a time.
     */
    int32_t (*card_open)(void *ctx, const char *path);

    /** Size of an open file in bytes. 0, or TL_ERR_CARD_READ. */
    int (*card_size)(void *ctx, int32_t handle, uint32_t *bytes);

    /**
     * Starts one read of `bytes` bytes (at least 1) from `offset` bytes on into `target`, which is 4-byte aligned and
     * stays untouched until card_read_wait() returned; the core goes on computing meanwhile. Never past the file's end.
     * 0, or TL_ERR_CARD_READ; then there is nothing to wait for. One read at a time.
     */
    int (*card_read_begin)(void *ctx, int32_t handle, uint32_t offset, void *target, uint32_t bytes);

    /** Waits for the read that was begun: 0 when all of its bytes are in `target`, or TL_ERR_CARD_READ. */
    int (*card_read_wait)(void *ctx);

    /** Closes a handle that card_open() returned. */
    void (*card_close)(void *ctx, int32_t handle);

    /** Microseconds since reset; never runs backwards. */
    uint64_t (*now_us)(void *ctx);

    /**
     * Runs task(arg, 0) on this core and task(arg, 1) on the other one, at the same time, and returns when both are done.
     * Never nested, and a task touches neither the card nor the flash. NULL on a machine with one core.
     */
    void (*parallel)(void *ctx, void (*task)(void *arg, uint32_t core), void *arg);

    /**
     * The flash partition for weights, mapped for reading: its address (64 KB aligned on hardware) and its size. What
     * flash_write() wrote is seen there at once. NULL, the function or its result, when there is none.
     */
    const void *(*flash_map)(void *ctx, uint32_t *bytes);

    /** Erases whole sectors of 4096 bytes of that partition to 0xff. 0, or TL_ERR_FLASH. NULL where flash_map is. */
    int (*flash_erase)(void *ctx, uint32_t offset, uint32_t bytes);

    /** Programs erased bytes; offset, length and `data` are multiples of 4. 0, or TL_ERR_FLASH. NULL where flash_map is. */
    int (*flash_write)(void *ctx, uint32_t offset, const void *data, uint32_t bytes);

    /**
     * Told after each piece of compute: `count` units of `kernel` for which `bytes` bytes crossed the bus of the memory
     * that `data` lies in (0 bytes: registers, stack or cache only); what is written to PSRAM crosses it as
     * tl_written_bytes() says. For ports whose clock is modelled; NULL on hardware.
     */
    void (*work)(void *ctx, enum tl_kernel kernel, uint32_t count, const void *data, uint32_t bytes);
};

/** Bytes of a line of the cache before PSRAM and flash. */
#define TL_CACHE_LINE 32u

/** What crosses PSRAM's bus for `bytes` neighbouring bytes that are written: their lines come, and go back some time later. */
static inline uint32_t tl_written_bytes(uint32_t bytes)
{
    return 2 * ((bytes + TL_CACHE_LINE - 1) & ~(TL_CACHE_LINE - 1));
}

/** Tells the port of compute, when it wants to know. */
static inline void tl_charge(const struct tl_hal *hal, enum tl_kernel kernel, uint32_t count, const void *data,
                             uint32_t bytes)
{
    if (hal->work) hal->work(hal->ctx, kernel, count, data, bytes);
}

#endif
