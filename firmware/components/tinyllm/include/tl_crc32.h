#ifndef TL_CRC32_H
#define TL_CRC32_H

#include <stdint.h>

/**
 * CRC-32 (polynomial 0xEDB88320 reflected, initial and final value 0xFFFFFFFF), continued: `crc` is 0 at the start,
 * and the result over the bytes so far afterwards.
 */
uint32_t tl_crc32(uint32_t crc, const void *data, uint32_t bytes);

#endif
