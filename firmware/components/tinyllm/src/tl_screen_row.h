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

/** Index of the first scale of a row. */
static inline size_t tl_screen_first_group(const struct tl_screen *screen, uint32_t row)
{
    return (size_t)row * tl_screen_groups(screen->hidden);
}

/** Bytes of one row's ratios: two to a byte. */
static inline uint32_t tl_screen_ratio_bytes(uint32_t hidden)
{
    const uint32_t groups = tl_screen_groups(hidden);
    return groups / 2 + groups % 2;
}

static inline const unsigned char *tl_screen_ratios_of(const struct tl_screen *screen, uint32_t row)
{
    return screen->ratios + (size_t)row * tl_screen_ratio_bytes(screen->hidden);
}

/** 8 + ratio of a group, exactly: the error's bound in eighths of the scale. */
static inline float tl_screen_eighths(const unsigned char *ratios, uint32_t group)
{
    return (float)(8u + (ratios[group / 2] >> (4u * (group % 2)) & 15u));
}

#endif
