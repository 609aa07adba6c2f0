#include "bench_psram.h"

uint32_t bench_psram_store_word(uint32_t *to, const uint32_t *from, uint32_t value)
{
    *to = value;
    return *from;
}

uint32_t bench_psram_store_bytes(unsigned char *to, const uint32_t *from, uint32_t value)
{
    const unsigned char *bytes = (const unsigned char *)&value;
    to[0] = bytes[0];
    to[1] = bytes[1];
    to[2] = bytes[2];
    to[3] = bytes[3];
    return *from;
}
