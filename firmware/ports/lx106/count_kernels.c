#include <stdint.h>
#include <string.h>

#include "lx106.h"
#include "tl_crc32.h"
#include "tl_rows.h"

/*
 * Counts what the integer kernels take on an Xtensa core without FPU, in instructions a multiply-accumulate: the difference
 * between rows of two lengths, so that what a call and a row cost falls out.
 *
 *   cd firmware/ports/lx106
 *   xtensa-lx106-elf-gcc -std=gnu99 -O2 -ffp-contract=off -mtext-section-literals -nostartfiles -nostdlib -T link.ld \
 *     -isystem /usr/lib/xtensa-lx106-elf/include -I../../components/tinyllm/include -I../../components/tinyllm/src \
 *     start.S lx106.c soft.c count_kernels.c ../../components/tinyllm/src/{tl_rows*,tl_format,tl_trits,tl_kernels,tl_crc32}.c \
 *     -ffunction-sections -Wl,--gc-sections -L/usr/lib/xtensa-lx106-elf/lib -lc -lgcc -o /tmp/count.elf
 *   qemu-system-xtensa -M sim -cpu lx106 -semihosting -nographic -monitor none -icount shift=0 -kernel /tmp/count.elf
 *
 * Unlike the ESP32's core this one has no zero-overhead loop (two or three instructions a pass more) and other calls; float
 * operations are calls of soft.c, which only stand for their place. Memory is free here, as on no board.
 */

#define ROWS 16u
#define SHORT_COLS 1280u /* a multiple of every format's group and span, and of 5 */
#define LONG_COLS 2560u

static unsigned char weights[ROWS * (LONG_COLS + 512)] __attribute__((aligned(4)));
static int16_t codes[LONG_COLS] __attribute__((aligned(4)));
static int32_t sums[LONG_COLS / TL_GROUP];
static float out[ROWS];

static uint32_t state = 1;

static uint32_t chance(void)
{
    state = state * 1664525u + 1013904223u;
    return state >> 16;
}

/** Bytes that every format takes for weights: a ternary byte holds at most 242. */
static void fill(void)
{
    for (uint32_t i = 0; i < sizeof weights; i++) weights[i] = (unsigned char)(chance() % 243);
    for (uint32_t i = 0; i < LONG_COLS; i++) codes[i] = (int16_t)(chance() % 2049 - 1024);
    for (uint32_t i = 0; i < LONG_COLS; i++) sums[i / TL_GROUP] += codes[i];
}

static uint32_t count_multiply(enum tl_format format, uint32_t cols)
{
    const struct tl_rows rows = {
        .format = format,
        .data = weights,
        .count = ROWS,
        .cols = cols,
        .row_bytes = (uint32_t)tl_format_row_bytes(format, cols),
    };
    const struct tl_vector in = {.n = cols, .codes = codes, .sums = sums};
    const uint32_t before = lx106_ticks();
    tl_rows_multiply(out, &rows, &in);
    return lx106_ticks() - before;
}

static uint32_t count_crc(uint32_t bytes)
{
    const uint32_t before = lx106_ticks();
    tl_crc32(0, weights, bytes);
    return lx106_ticks() - before;
}

static void print(const char *name, uint32_t hundredths)
{
    lx106_print(name);
    lx106_print(" ");
    lx106_print_number(hundredths / 100);
    lx106_print(hundredths % 100 < 10 ? ".0" : ".");
    lx106_print_number(hundredths % 100);
    lx106_print("\n");
}

int main(void)
{
    const uint32_t per_tick = lx106_instructions_per_tick();
    fill();
    for (int format = TL_INT8; format < TL_FORMAT_COUNT; format++) {
        const uint32_t more = count_multiply(format, LONG_COLS) - count_multiply(format, SHORT_COLS);
        print(tl_format_name(format), more * per_tick * 100 / (ROWS * (LONG_COLS - SHORT_COLS)));
    }
    print("crc (a byte)", (count_crc(8192) - count_crc(4096)) * per_tick * 100 / 4096);
    return 0;
}
