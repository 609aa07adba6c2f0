#ifndef TL_SCREEN_ROW_H
#define TL_SCREEN_ROW_H

#include <stddef.h>

#include "tl_bits.h"
#include "tl_screen.h"

/* Where things are in the screen. Private to tl_screen*.c. */

static inline float tl_infinity(void)
{
    return tl_float_of(0x7f800000u);
}

/** bf16 bits from this on are infinite, NaN or negative. */
static inline bool tl_screen_scale_is_good(uint16_t bits)
{
    return bits < 0x7f80u;
}

static inline uint32_t tl_screen_groups(uint32_t hidden)
{
    return hidden / TL_GROUP + (hidden % TL_GROUP != 0);
}

/** Bytes of one row's codes: eight to a word. */
static inline uint32_t tl_screen_row_bytes(uint32_t hidden)
{
    return (hidden / 8 + (hidden % 8 != 0)) * 4u;
}

/** Index of the first scale and ratio of a row. */
static inline size_t tl_screen_first_group(const struct tl_screen *screen, uint32_t row)
{
    return (size_t)row * tl_screen_groups(screen->hidden);
}

#endif
