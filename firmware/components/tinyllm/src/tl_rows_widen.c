#include "tl_rows_kernels.h"
#include "tl_trits.h"

int32_t tl_code_at(enum tl_format format, const unsigned char *w, uint32_t i)
{
    switch (format) {
    case TL_INT8: return (int32_t)(w[i] ^ 128u) - 128;
    case TL_INT8_ROW: return (int32_t)w[i] - 128;
    case TL_INT4: return (int32_t)(w[i / 2] >> (4 * (i % 2)) & 15) - 8;
    case TL_INT2: return 2 * (int32_t)(w[i / 4] >> (2 * (i % 4)) & 3) - 3;
    case TL_TERNARY: return (int32_t)(tl_trits[w[i / 5]] >> (2 * (i % 5)) & 3) - 1;
    case TL_TERNARY_2BIT: return (int32_t)(w[i / 4] >> (2 * (i % 4)) & 3) - 1;
    default: return 2 * (int32_t)(w[i / 8] >> (i % 8) & 1) - 1;
    }
}
