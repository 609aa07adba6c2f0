#ifndef TL_BITS_H
#define TL_BITS_H

#include <stdint.h>
#include <string.h>

static inline uint32_t tl_bits_of(float value)
{
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    return bits;
}

static inline float tl_float_of(uint32_t bits)
{
    float value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

#endif
